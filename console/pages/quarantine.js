// What could not be judged: see it, correct it, take it up again, or let it go.

import { call, get, post } from "../api.js";
import { at, badge, choose, empty, facts, field, h, notice, some, words } from "../dom.js";
import { picker, range } from "../range.js";
import { told } from "../app.js";

export async function render({ query, go, heading }) {
  const state = query.state ?? "open";
  const [found, { reasons }] = await Promise.all([get("admin/quarantine", { ...range(query), state, limit: 100 }), call("GET", "reasons", { anonymous: true })]);
  const known = new Map(reasons.map((one) => [one.code, one]));
  const states = choose("state", [["open", "Open"], ["replayed", "Replayed"], ["dismissed", "Dismissed"], ["", "All"]], state);
  states.addEventListener("change", () => go({ state: states.value }));
  states.setAttribute("aria-label", "State");
  const head = heading("Authenticated requests whose content could not be judged. Nothing of them is lost.", picker(query, go), states);
  if (!found.items.length) return [head, h("div", { class: "card" }, empty("quarantine", state === "open" ? "Nothing waits in quarantine" : "Nothing here", "Requests come here when their content cannot be understood: an unknown event, a time that cannot be, a value that is no number. Each keeps its bytes and says why."))];
  return [head, h("div", { class: "stack" }, h("p", { class: "soft small" }, `${some(found.items.length, "request")}${found.next ? " or more" : ""}`), found.items.map((one) => entry(one, known)))];
}

function entry(one, known) {
  const why = known.get(one.reason.split(":")[0]);
  const place = h("article", { class: "card stack", "data-receipt": one.receipt });
  const query = h("textarea", { value: one.query, spellcheck: "false", rows: "2" });
  const body = one.body === null ? null : h("textarea", { value: pretty(one.body), spellcheck: "false", rows: "6" });
  const said = h("div", { "aria-live": "polite" });
  const replay = h("button", { class: "button primary", type: "button", onclick: () => act("replay", correction(one, query, body)) }, "Replay");
  const dismiss = h("button", { class: "button", type: "button", onclick: () => act("dismiss") }, "Dismiss");
  const state = badge(one.state, one.state === "open" ? "warn" : "good");
  async function act(what, correct) {
    replay.disabled = dismiss.disabled = true;
    try {
      const answer = await post(`admin/quarantine/${encodeURIComponent(one.receipt)}/${what}`, correct ?? {});
      state.textContent = answer.state;
      state.className = `badge ${answer.state === "open" ? "warn" : "good"}`;
      said.replaceChildren(...(answer.results ?? []).map(result), answer.state === "dismissed" ? notice("", "Dismissed. It stays here with its bytes.") : "");
      replay.disabled = dismiss.disabled = answer.state !== "open";
    } catch (failure) {
      said.replaceChildren(told(failure));
      replay.disabled = dismiss.disabled = false;
    }
  }
  const open = one.state === "open";
  place.append(...[
    h("div", { class: "spread" }, h("h2", {}, words(one.reason)), h("div", { class: "row" }, state, one.partner && badge(one.partner, "info"))),
    h("p", {}, why ? `${why.meaning} ` : "", one.detail && h("span", { class: "mono" }, one.detail)), why && h("p", { class: "soft" }, why.fix),
    facts([["Request", h("span", { class: "mono" }, `${one.method} ${one.path}`)], ["Came in", at(Date.parse(one.received_at))], ["Receipt", h("span", { class: "mono" }, one.receipt)], ["Replayed as", one.replayed_as && h("span", { class: "mono" }, one.replayed_as)]]),
    (one.query || !one.body) && field("Query", query), body && one.body !== "" && field("Body", body),
    open && h("div", { class: "row" }, replay, dismiss, h("span", { class: "small soft" }, "What you change above is sent instead of what came. It keeps the time at which it came in.")), said,
  ].filter(Boolean));
  if (!open) for (const area of [query, body]) if (area) area.readOnly = true;
  return place;
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function correction(one, query, body) {
  const changed = {};
  if (query.value !== one.query) changed.query = query.value.trim();
  if (body && body.value !== pretty(one.body)) changed.body = body.value;
  return changed;
}

function result(one) {
  const good = ["stored", "updated", "duplicate"].includes(one.outcome);
  const reasons = one.reasons.map(words).join(", ");
  return notice(good ? "good" : "bad", `${words(one.outcome)}${one.conversion_id ? `: ${one.conversion_id}` : ""}`, one.error ? `${one.error.message} ${one.error.hint}` : reasons);
}
