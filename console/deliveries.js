// What was announced about a conversion, and each request and answer to the byte that may be told.

import { post } from "./api.js";
import { at, badge, count, h, words } from "./dom.js";

export const shade = (state) => ({ delivered: "good", failed: "bad", cancelled: "bad", held: "warn" })[state] ?? "info";

// `side` says whether they are of the test side; `again` is called when one was sent again
export function deliveries(claim, me, { side = {}, again } = {}) {
  const skipped = claim.announcements.flatMap((news) => news.skipped);
  if (!claim.deliveries.length && !skipped.length) return h("p", { class: "soft" }, "Nobody was told: no endpoint wants this, or the announcement is still on its way.");
  return h("div", { class: "stack" },
    claim.deliveries.map((one) => delivery(one, me, side, again)),
    skipped.map((one) => h("p", { class: "small" }, h("strong", {}, one.endpoint), " was not told: ", one.why?.meaning ?? words(one.why?.code))));
}

function delivery(one, me, side, again) {
  const head = h("div", { class: "spread" },
    h("div", { class: "row" }, h("strong", {}, one.endpoint), badge(one.type.replace("conversion.", "")), badge(one.state, shade(one.state))),
    me.token.scopes.includes("admin") && resend(one, side, again));
  return h("div", { class: "delivery stack" }, head, one.why && h("p", { class: "small" }, `${one.why.meaning} ${one.why.fix}`), one.next_at && h("p", { class: "small soft" }, `Next attempt ${at(one.next_at)}`), one.attempts.map(attempt));
}

export function resend(one, side, again) {
  const button = h("button", { class: "button small", type: "button", onclick: send }, "Send again");
  async function send() {
    button.disabled = true;
    try {
      await post(`admin/deliveries/${encodeURIComponent(one.id)}/resend`, {}, side);
      button.textContent = "On its way";
      if (again) again();
    } catch (failure) {
      button.textContent = failure.message;
    }
  }
  return button;
}

export function attempt(made) {
  const { request, response } = made;
  return h("details", { open: made.outcome !== "delivered" },
    h("summary", {}, `Attempt ${made.number}${made.manual ? ", by hand" : ""}: `, response.status ? `HTTP ${response.status}` : made.why ? words(made.why.code) : words(made.outcome), ` after ${count(made.duration_ms)} ms, ${at(made.at)}`),
    exchanged(request, response, made.why?.meaning));
}

// A request and its answer, to the byte that may be told.
export function exchanged(request, response, silence = "No answer.") {
  const asked = [`${request.method} ${request.url}`, ...lines(request.headers), "", request.body];
  const answered = [`HTTP ${response.status}`, ...lines(response.headers), "", response.body, response.truncated ? "…" : ""];
  const shown = (label, text) => h("pre", { class: "code", tabindex: "0", "aria-label": label }, text);
  return h("div", { class: "exchange" }, shown("Request", asked.join("\n").trim()), shown("Answer", response.status ? answered.join("\n").trim() : silence));
}

const lines = (headers) => Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
