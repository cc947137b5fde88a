// What came in lately, and why one conversion was credited as it was.

import { get } from "../api.js";
import { at, badge, count, empty, facts, h, money, percent, shortly, some, table, words } from "../dom.js";
import { link } from "../app.js";
import { deliveries, shade } from "../deliveries.js";

export async function render(page) {
  return page.rest.length ? explained(page, page.rest[0]) : live(page);
}

function finder(value = "") {
  const id = h("input", { type: "search", name: "id", value, placeholder: "Order or transaction ID", "aria-label": "Conversion ID", required: true });
  return h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); location.hash = link("conversions", {}, id.value.trim()); } }, id, h("button", { class: "button primary", type: "submit" }, "Explain"));
}

// as they come in

async function live({ heading, current }) {
  const place = h("div", {});
  const state = h("p", { class: "soft small" });
  async function show() {
    const found = await get("reports/live", { limit: 50 });
    place.replaceChildren(h("div", { class: "card" }, found.conversions.length ? list(found.conversions) : empty("conversions", "Nothing came in yesterday or today", "Conversions appear here seconds after they were stored. Older ones are found by their ID.")));
    state.textContent = `As of ${at(found.at)}, looked up again every 5 seconds.`;
  }
  await show();
  const again = setInterval(() => {
    if (!current()) return clearInterval(again);
    if (!document.hidden) show().catch((failure) => { state.textContent = failure.message; });
  }, 5000);
  return [heading("The last that came in, today and yesterday.", finder()), h("div", { class: "stack" }, place, state)];
}

function list(rows) {
  return table([
    { title: "Came in (UTC)", show: (row) => shortly(row.received_at) },
    { title: "Event", show: (row) => row.event },
    { title: "ID", show: (row) => h("a", { class: "nowrap", href: link("conversions", { event: row.event }, row.id) }, row.id) },
    { title: "Partner", show: (row) => row.partner || "–" },
    { title: "Value", number: true, show: (row) => money(row.value, row.currency) },
    { title: "Status", show: (row) => status(row.status) },
    { title: "Decision", show: (row) => (row.outcome ? badge(row.outcome === "attributed" ? "credited" : words(row.reason), row.outcome === "attributed" ? "good" : "") : h("span", { class: "soft" }, "tonight")) },
    { title: "Postbacks", show: (row) => sent(row.deliveries) },
  ], rows, { caption: "Conversions that came in last" });
}

const status = (word) => badge(word, { approved: "good", rejected: "bad", hold: "warn" }[word] ?? "");

function sent(all) {
  if (!all.length) return h("span", { class: "soft" }, "none");
  const states = new Map();
  for (const one of all) states.set(one.state, (states.get(one.state) ?? 0) + 1);
  return h("span", { class: "row" }, [...states].map(([state, number]) => badge(`${count(number)} ${state}`, shade(state))));
}

// one of them, explained

async function explained({ heading, query, me }, id) {
  const head = heading(h("span", { class: "mono wrap" }, id), finder(id));
  try {
    const path = encodeURIComponent(id), asked = { event: query.event };
    const [told, staged] = await Promise.all([get(`reports/conversions/${path}`, asked), get(`reports/stages/${path}`, asked)]);
    return [head, h("div", { class: "stack" }, told.conversions.map((one) => story(one, staged.claims.find((claim) => claim.event === one.event && claim.scope === one.scope), me)))];
  } catch (failure) {
    if (failure.status !== 404) throw failure;
    return [head, h("div", { class: "card" }, empty("conversions", "No conversion has this ID", "IDs are matched exactly, in upper and lower case. What could not be judged is kept in quarantine."))];
  }
}

function story(one, stages, me) {
  const { decision } = one;
  const sentence = decision ? decision.summary || (decision.outcome === "attributed" ? "Credited." : decision.reason?.meaning) : "Not decided yet: the night after it came in credits it.";
  return h("article", { class: "grid" },
    h("section", { class: "card span-8" }, h("h2", {}, `${one.event}, ${money(one.value, one.currency)}`), h("p", { class: "sentence" }, sentence), decision?.reason && h("p", { class: "soft" }, decision.reason.fix), line(one)),
    h("div", { class: "span-4 stack" }, about(one, stages), decision && owed(decision), decision && how(decision)),
    stages && h("section", { class: "card span-12" }, h("h2", {}, "Postbacks"), deliveries(stages, me)));
}

function line(one) {
  const candidates = one.decision?.candidates ?? [];
  return h("ol", { class: "line" }, candidates.map(step), h("li", { class: "goal" },
    h("div", { class: "step-head" }, h("strong", {}, one.event), h("span", { class: "soft small" }, moment(one.occurred_at)), status(one.status)),
    h("div", { class: "small" }, [money(one.value, one.currency), one.partner && `sent by ${one.partner}`].filter(Boolean).join(", "))));
}

function step(touch) {
  const where = [touch.campaign && `campaign ${touch.campaign}`, touch.partner && `partner ${touch.partner}`, touch.name].filter(Boolean).join(", ");
  return h("li", { class: touch.counts ? "won" : "lost" },
    h("div", { class: "step-head" }, h("strong", {}, touch.channel), badge(words(touch.kind)), h("span", { class: "soft small" }, `${touch.before} before`)),
    h("div", { class: "small soft wrap" }, [where, `${moment(touch.occurred_at)} as ${touch.identity.split(":")[0]}`].filter(Boolean).join(" · ")),
    touch.counts
      ? h("div", { class: "models" }, Object.entries(touch.credits).map(([model, share]) => badge(`${words(model)} ${percent(share)}`, "info")))
      : h("div", { class: "small" }, h("a", { href: link("reasons", { find: touch.verdict.code.split(":")[0] }) }, words(touch.verdict.code)), ` ${touch.verdict.meaning}`));
}

const moment = (iso) => at(Date.parse(iso));

function about(one, stages) {
  return h("section", { class: "card" }, h("h2", {}, "The conversion"), facts([
    ["ID", h("span", { class: "mono" }, one.id)], ["Occurred", moment(one.occurred_at)], ["Came in", moment(one.received_at)], ["Sent by", one.scope || "own systems"],
    ["Known as", (one.identities ?? []).map((known) => known.split(":")[0]).join(", ")], ["Remarks", (stages?.flags ?? []).map(words).join(", ")], ["Receipt", h("span", { class: "mono" }, one.receipt)],
  ]));
}

function owed(decision) {
  if (!decision.payer && !decision.losers.length) return null;
  return h("section", { class: "card" }, h("h2", {}, "Who is paid"),
    decision.payer ? h("p", {}, h("strong", {}, decision.payer.partner), ` by ${words(decision.payer.evidence)}`) : h("p", { class: "soft" }, "No partner."),
    decision.payouts.map((one) => h("p", {}, `${one.partner}: ${money(one.payout, one.currency)}`)),
    decision.losers.map((one) => h("div", { class: "small" }, h("strong", {}, one.partner), " is not: ", h("a", { href: link("reasons", { find: one.reason.code.split(":")[0] }) }, words(one.reason.code)), ` ${one.reason.meaning}`)));
}

function how(decision) {
  const left = Object.values(decision.left_out).reduce((sum, number) => sum + number, 0);
  return h("section", { class: "card" }, h("h2", {}, "How it was decided"), facts([
    ["Matched by", decision.matched_by.join(", ")], ["Rules", decision.rules_version], ["Night", decision.run], ["Cause", words(decision.cause)],
    ["Not shown", left ? some(left, "more touch") : ""], ["Remarks", decision.remarks.map((one) => one.meaning).join(" ")],
  ]));
}
