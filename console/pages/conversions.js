// What came in lately, and why one conversion was credited as it was.

import { get } from "../api.js";
import { palette } from "../charts.js";
import { at, badge, count, empty, facts, field, h, lasting, money, percent, table, words } from "../dom.js";
import { link, told } from "../app.js";

export async function render(page) {
  return page.rest.length ? trace(page, page.rest[0]) : live(page);
}

function finder(value = "") {
  const id = h("input", { type: "search", name: "id", value, placeholder: "Order or transaction ID", "aria-label": "Conversion ID", required: true });
  const form = h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); location.hash = link("conversions", {}, id.value.trim()); } }, id, h("button", { class: "button primary", type: "submit" }, "Explain"));
  return form;
}

async function live({ heading, current }) {
  const place = h("div", { class: "stack" });
  const state = h("p", { class: "soft small", role: "status" });
  async function show() {
    const found = await get("reports/live", { limit: 50 });
    place.replaceChildren(found.conversions.length ? list(found.conversions) : h("div", { class: "card" }, empty("conversions", "Nothing came in yesterday or today", "Conversions appear here seconds after they were stored. Older ones are found by their ID above.")));
    state.textContent = `As of ${at(found.at)}`;
  }
  await show();
  const again = setInterval(() => {
    if (!current() || !document.contains(place)) return clearInterval(again);
    if (!document.hidden) show().catch((failure) => { state.replaceChildren(failure.message); });
  }, 5000);
  return [heading("The last that came in, as they come in.", finder()), state, place];
}

function list(rows) {
  return h("div", { class: "card" }, table([
    { title: "Came in", show: (row) => at(row.received_at) },
    { title: "Event", show: (row) => row.event },
    { title: "ID", show: (row) => h("a", { href: link("conversions", {}, row.id) }, row.id) },
    { title: "Partner", show: (row) => row.partner || "–" },
    { title: "Value", number: true, show: (row) => money(row.value, row.currency) },
    { title: "Status", show: (row) => status(row.status) },
    { title: "Decision", show: (row) => (row.outcome ? badge(row.outcome === "attributed" ? "credited" : words(row.reason), row.outcome === "attributed" ? "good" : "") : h("span", { class: "soft" }, "tonight")) },
    { title: "Postbacks", show: (row) => (row.deliveries?.length ? row.deliveries.map((one) => badge(one.state, { delivered: "good", failed: "bad" }[one.state] ?? "warn")) : h("span", { class: "soft" }, "none")) },
  ], rows, { caption: "Conversions that came in last" }));
}

const status = (word) => badge(word, { approved: "good", rejected: "bad", hold: "warn" }[word] ?? "");

async function trace({ heading, query, me }, id) {
  const head = heading(id, finder(id));
  try {
    const found = await get(`reports/conversions/${encodeURIComponent(id)}`, query);
    return [head, h("div", { class: "stack" }, found.claims.map((claim) => story(claim, me)))];
  } catch (failure) {
    if (failure.status !== 404) throw failure;
    return [head, h("div", { class: "card" }, empty("conversions", "No conversion has this ID", "IDs are matched exactly, with upper and lower case. Look at the quarantine too: what could not be judged is kept there."))];
  }
}

// eslint-free by intent: one claim is one story, read from top to bottom
function story(claim) {
  return h("article", { class: "grid" },
    h("section", { class: "card span-8" }, h("h2", {}, "How it came about"), h("p", { class: "sentence" }, claim.summary), timeline(claim)),
    h("div", { class: "span-4 stack" }, h("section", { class: "card" }, h("h2", {}, "The conversion"), about(claim)), ...[money_(claim), ...deliveries(claim)].filter(Boolean)));
}
