// Send a click and a postback as a partner would, and watch them pass every stage.

import { address, call, exchange, get, Problem } from "../api.js";
import { deliveries } from "../deliveries.js";
import { at, badge, choose, count, empty, field, h, money, notice, some, words } from "../dom.js";
import { link, told } from "../app.js";

const TOKEN_MINUTES = 15;
const DOMAIN = "debugger";
const WATCH_SECONDS = 180;
const LOOK_EVERY_MS = 1000;
const OVER = ["delivered", "failed", "cancelled", "held"];

export async function render({ heading, me, current }) {
  const [campaigns, partners, endpoints] = await Promise.all(["campaigns", "partners", "endpoints"].map((kind) => get(`admin/${kind}`, { limit: 200 })));
  const head = heading("Send a click and a conversion as a partner would, and watch them pass every stage.");
  if (!me.events.length) return [head, h("div", { class: "card" }, empty("debugger", "No event is declared yet", "Declare an event, a campaign and a partner with touchline apply FILE.yaml; then their postbacks can be tried here."))];
  const board = h("section", { class: "card span-7", "aria-live": "polite" }, h("h2", {}, "Stages"), empty("debugger", "Nothing sent yet", "Each stage appears here as it happens: the click, the answer to the postback, the stored row, every announcement and every request to a receiver."));
  return [head, h("div", { class: "grid" }, form(me, { campaigns: campaigns.items, partners: partners.items, endpoints: endpoints.items }, board, current), board)];
}

function form(me, { campaigns, partners, endpoints }, board, current) {
  const way = choose("way", [["live", "Live"], ["test", "Test"]], me.token.test ? "test" : "live");
  const partner = choose("partner", [["", "None (own systems)"], ...partners.map((one) => [one.id, one.name || one.id])], partners[0]?.id ?? "");
  const campaign = choose("campaign", [["", "No click"], ...campaigns.map((one) => [one.id, one.name || one.id])], campaigns[0]?.id ?? "");
  const event = choose("event", me.events.map((one) => [one, one]), campaigns[0]?.event ?? me.events[0]);
  const kind = choose("kind", [["postback", "GET /postback"], ["event", "POST /event"]], "postback");
  const order = h("input", { name: "order", value: fresh(), required: true, spellcheck: "false" });
  const value = h("input", { name: "value", value: "12.34", inputmode: "decimal" });
  const currency = h("input", { name: "currency", value: me.account.currency, maxlength: "3", size: "4" });
  const preview = h("pre", { class: "code", tabindex: "0", "aria-label": "What will be sent" });
  const send = h("button", { class: "button primary", type: "submit" }, "Send and watch");
  const plan = () => ({ test: way.value === "test", partner: partner.value, campaign: campaign.value, event: event.value, kind: kind.value, order: order.value.trim(), value: value.value.trim(), currency: currency.value.trim().toUpperCase(), account: me.account.id, told: hearing(way.value === "test", endpoints).length > 0 });
  const where = h("p", { class: "small soft" });
  const show = () => {
    preview.textContent = written(plan());
    where.replaceChildren(...reach(plan(), endpoints));
  };
  const made = h("form", { class: "stack", onsubmit: submit, oninput: show, onchange: show },
    h("div", { class: "form" }, field("Data", way), field("Partner", partner), field("Campaign clicked", campaign), field("Event", event), field("Send as", kind), field("Order ID", order), field("Value", value), field("Currency", currency)),
    where,
    preview, h("div", { class: "row" }, send));
  async function submit(happened) {
    happened.preventDefault();
    send.disabled = true;
    try {
      await run(plan(), board, me, current);
    } catch (failure) {
      board.append(told(failure));
      if (!(failure instanceof Problem)) console.error(failure);
    } finally {
      send.disabled = false;
      order.value = fresh();
      show();
    }
  }
  show();
  return h("section", { class: "card span-5" }, h("h2", {}, "What to send"), made);
}

// who may hear of it
const hearing = (test, endpoints) => endpoints.filter((one) => one.test === test && one.state === "active");

function reach({ test }, endpoints) {
  const heard = hearing(test, endpoints);
  const names = heard.map((one) => one.id).join(", ") || "no endpoint";
  if (!test) return [`Live data goes through everything, is counted, and may be told to ${names}.`];
  return heard.length ? [`Test data is kept out of reports. It may be told to ${names}.`] : ["Test data is kept out of reports, and told to endpoints with ", h("code", {}, "test: true"), " only; there is none yet."];
}

const fresh = () => `debug-${Date.now().toString(36)}`;

function clickOf(plan) {
  return { path: `c/${encodeURIComponent(plan.campaign)}`, query: { pid: plan.partner, ud: DOMAIN, uid: plan.order, tl_test: plan.test ? "1" : "" } };
}

function newsOf(plan) {
  if (plan.kind === "event") {
    return { method: "POST", path: "event", body: { customerId: plan.account, apiName: plan.event, userDomain: DOMAIN, userId: plan.order, actionId: plan.order, actionTimestamp: Date.now(), value: plan.value || undefined } };
  }
  return { method: "GET", path: "postback", query: { event: plan.event, conversion_id: plan.order, value: plan.value, currency: plan.currency, status: "approved", user_domain: DOMAIN, user_id: plan.order } };
}

function written(plan) {
  const news = newsOf(plan);
  const lines = [];
  if (plan.campaign) lines.push(`GET ${address(clickOf(plan).path, clickOf(plan).query)}`, "");
  lines.push(`${news.method} ${address(news.path, news.query)}`, "Authorization: ApiKey tl_…");
  if (news.body) lines.push("", JSON.stringify(news.body, null, 2));
  return lines.join("\n");
}

// sending and watching

async function run(plan, board, me, current) {
  const stages = h("ol", { class: "line" });
  board.replaceChildren(h("h2", {}, `Stages of ${plan.order}`), stages);
  const token = await call("POST", "admin/tokens", { body: { name: "console debugger", scopes: ["ingest"], test: plan.test, partner: plan.partner || undefined, account: plan.account, expires_at: new Date(Date.now() + TOKEN_MINUTES * 60_000).toISOString() } });
  stages.append(stage("won", "A token for this test", `Ends in ${TOKEN_MINUTES} minutes; revoked as soon as the test is over.`));
  try {
    if (plan.campaign) stages.append(await click(plan));
    if (!(await conversion(plan, token.token, stages))) return;
    const place = h("li", { class: "busy" }, "Looking for the stored row …");
    stages.append(place);
    await watch(plan, place, me, current);
  } finally {
    await call("DELETE", `admin/tokens/${encodeURIComponent(token.id)}`).catch(() => undefined);
  }
}

async function click(plan) {
  const sent = clickOf(plan);
  const answer = await exchange("GET", sent.path, { query: sent.query, redirect: "manual" });
  return answer.opaque
    ? stage("won", "Click", `Redirected to the landing page after ${count(Math.round(answer.milliseconds))} ms. The click is stored for ${DOMAIN}:${plan.order}.`)
    : stage("bad", "Click", answer.body?.error?.message ?? `Answered ${answer.status}.`, answer.text);
}

async function conversion(plan, token, stages) {
  const sent = newsOf(plan);
  const answer = await exchange(sent.method, sent.path, { ...sent, token });
  const stored = answer.outcome === "stored";
  const title = plan.kind === "event" ? "Event" : "Postback";
  const reasons = (answer.body?.reasons ?? []).map(words).join(", ");
  stages.append(stage(stored ? "won" : "bad", title, [badge(`HTTP ${answer.status}`, answer.status < 400 ? "good" : "bad"), " ", badge(answer.outcome || "no outcome", stored ? "good" : "warn"), ` after ${count(Math.round(answer.milliseconds))} ms${reasons ? `: ${reasons}` : ""}`], answer.text));
  if (!stored) stages.append(stage("", "Stopped here", answer.outcome === "quarantined" ? h("a", { href: link("quarantine") }, "It lies in quarantine with its bytes: correct it and replay it.") : answer.body?.error?.hint ?? "Nothing new was stored."));
  return stored;
}

// Looks until every delivery is over; a delivery that is sent again is watched again.
async function watch(plan, place, me, current) {
  const side = { test: plan.test ? "1" : "" };
  const until = Date.now() + WATCH_SECONDS * 1000;
  let shown = "";
  while (Date.now() < until && current()) {
    const { claims: [claim] } = await get(`reports/stages/${encodeURIComponent(plan.order)}`, { event: plan.event, ...side });
    const over = Boolean(claim) && (!plan.told || (claim.announcements.length > 0 && claim.deliveries.every((one) => OVER.includes(one.state))));
    if (claim && JSON.stringify(claim) !== shown) {
      shown = JSON.stringify(claim);
      place.className = over ? "goal" : "busy";
      const again = () => watch(plan, place, me, current);
      place.replaceChildren(...seen(plan, claim, me, { side, again }), ...(over ? [last(plan, claim)] : []));
    }
    if (over) return;
    await new Promise((done) => { setTimeout(done, LOOK_EVERY_MS); });
  }
  if (current()) place.append(notice("warn", "It is not over yet.", "An endpoint may not want this (look at its conditions), or wait for its next attempt. The story of the conversion goes on telling."));
}

const last = (plan, claim) => h("p", {}, plan.test ? "Nothing of it reaches reports." : ["The night credits it. ", h("a", { href: link("conversions", { event: claim.event }, plan.order) }, "Open its story")]);

function seen(plan, claim, me, how) {
  const planned = claim.announcements.reduce((sum, news) => sum + (news.planned ?? 0), 0);
  return [
    h("div", { class: "step-head" }, h("strong", {}, "Stored"), badge(claim.status, "good"), h("span", { class: "small soft" }, at(claim.received_at))),
    h("p", { class: "small" }, `${claim.event}, ${money(claim.value, claim.currency)}${claim.flags.length ? `, remarks: ${claim.flags.map(words).join(", ")}` : ""}`),
    h("div", { class: "stack" },
      h("p", { class: "small soft" }, claim.announcements.length ? `Announced to ${some(planned, "endpoint")}.` : plan.told ? "Waiting for the announcement …" : "There is no endpoint that it could be told to."),
      claim.announcements.length > 0 && deliveries(claim, me, how)),
  ];
}

function stage(kind, title, text, raw) {
  return h("li", { class: kind }, h("div", { class: "step-head" }, h("strong", {}, title)), h("div", { class: "small" }, text), raw && h("details", {}, h("summary", {}, "The answer, word for word"), h("pre", { class: "code", tabindex: "0" }, raw)));
}
