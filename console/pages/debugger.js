// Send a click and a postback as a partner would, and watch them pass every stage.

import { address, call, exchange, get, Problem } from "../api.js";
import { deliveries } from "../deliveries.js";
import { at, badge, choose, count, empty, field, h, money, some, words } from "../dom.js";
import { link, told } from "../app.js";

const TOKEN_MINUTES = 15;
const DOMAIN = "debugger";
const WATCH_SECONDS = 180;

export async function render({ heading, me, current }) {
  const [campaigns, partners] = await Promise.all([get("admin/campaigns"), get("admin/partners")]);
  const head = heading("Send a click and a conversion as a partner would, and watch them pass every stage.");
  if (!me.events.length) return [head, h("div", { class: "card" }, empty("debugger", "No event is declared yet", "Declare an event, a campaign and a partner with touchline apply FILE.yaml; then their postbacks can be tried here."))];
  const board = h("section", { class: "card span-7", "aria-live": "polite" }, h("h2", {}, "Stages"), empty("debugger", "Nothing sent yet", "Each stage appears here as it happens: the click, the answer to the postback, the stored row, every announcement and every request to a receiver."));
  return [head, h("div", { class: "grid" }, form(me, campaigns.items, partners.items, board, current), board)];
}

function form(me, campaigns, partners, board, current) {
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
  const plan = () => ({ test: way.value === "test", partner: partner.value, campaign: campaign.value, event: event.value, kind: kind.value, order: order.value.trim(), value: value.value.trim(), currency: currency.value.trim().toUpperCase(), account: me.account.id });
  const show = () => { preview.textContent = written(plan()); };
  const made = h("form", { class: "stack", onsubmit: submit, oninput: show },
    h("div", { class: "form" }, field("Data", way), field("Partner", partner), field("Campaign clicked", campaign), field("Event", event), field("Send as", kind), field("Order ID", order), field("Value", value), field("Currency", currency)),
    h("p", { class: "small soft" }, "Live data goes through everything. Test data is kept out of reports and is told to nobody."),
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
  const token = await call("POST", "admin/tokens", { body: { name: "console debugger", scopes: ["ingest", "report"], test: plan.test, partner: plan.partner || undefined, account: plan.account, expires_at: new Date(Date.now() + TOKEN_MINUTES * 60_000).toISOString() } });
  stages.append(stage("won", "A token for this test", `Ends in ${TOKEN_MINUTES} minutes; revoked as soon as the test is over.`));
  try {
    if (plan.campaign) stages.append(await click(plan));
    if (!(await conversion(plan, token.token, stages))) return;
    await watch(plan, plan.test ? token.token : null, stages, me, current);
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

async function watch(plan, token, stages, me, current) {
  const place = h("li", { class: "busy" }, "Looking for the stored row …");
  stages.append(place);
  const until = Date.now() + WATCH_SECONDS * 1000;
  while (Date.now() < until && current()) {
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    const { claims } = await call("GET", `reports/stages/${encodeURIComponent(plan.order)}`, { query: { event: plan.event }, headers });
    if (claims.length) {
      const claim = claims[0];
      const waiting = claim.deliveries.filter((one) => !["delivered", "failed", "cancelled", "held"].includes(one.state));
      const told_ = claim.announcements.length > 0;
      place.className = told_ && !waiting.length ? "goal" : "busy";
      place.replaceChildren(...seen(claim, plan, me));
      if (plan.test || (told_ && !waiting.length)) return finish(place, plan, claim);
    }
    await new Promise((done) => { setTimeout(done, 1000); });
  }
}

function finish(place, plan, claim) {
  place.className = "goal";
  place.append(h("p", {}, plan.test ? "Test data ends here: nothing of it reaches reports or partners. " : "The night credits it. ", h("a", { href: link("conversions", { event: claim.event }, plan.order) }, plan.test ? "" : "Open its story")));
}

function seen(claim, plan, me) {
  const planned = claim.announcements.reduce((sum, news) => sum + (news.planned ?? 0), 0);
  return [
    h("div", { class: "step-head" }, h("strong", {}, "Stored"), badge(claim.status, "good"), h("span", { class: "small soft" }, at(claim.received_at))),
    h("p", { class: "small" }, `${claim.event}, ${money(claim.value, claim.currency)}${claim.flags.length ? `, remarks: ${claim.flags.map(words).join(", ")}` : ""}`),
    plan.test ? null : h("div", { class: "stack" }, h("p", { class: "small soft" }, claim.announcements.length ? `Announced to ${some(planned, "endpoint")}.` : "Waiting for the announcement …"), claim.announcements.length ? deliveries(claim, me) : null),
  ].filter(Boolean);
}

function stage(kind, title, text, raw) {
  return h("li", { class: kind }, h("div", { class: "step-head" }, h("strong", {}, title)), h("div", { class: "small" }, text), raw && h("details", {}, h("summary", {}, "The answer, word for word"), h("pre", { class: "code", tabindex: "0" }, raw)));
}
