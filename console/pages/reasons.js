// Every reason that Touchline gives, with what to do about it.

import { call } from "../api.js";
import { badge, count, empty, h } from "../dom.js";

export async function render({ query, heading }) {
  const { reasons } = await call("GET", "reasons", { anonymous: true });
  const find = h("input", { type: "search", value: query.find ?? "", placeholder: "Code or word", "aria-label": "Find a reason", oninput: show });
  const list = h("div", { class: "stack" });
  const total = h("p", { class: "soft small", role: "status" });
  function show() {
    const wanted = find.value.trim().toLowerCase();
    const found = reasons.filter((one) => `${one.code} ${one.code.replaceAll("_", " ")} ${one.meaning} ${one.fix}`.toLowerCase().includes(wanted));
    total.textContent = `${count(found.length)} of ${count(reasons.length)} reasons`;
    list.replaceChildren(...(found.length ? found.map(entry) : [h("div", { class: "card" }, empty("reasons", "No such reason", "Search for a part of the code, or for a word of what happened."))]));
  }
  show();
  return [heading("What Touchline answers, stores and logs, in the same words everywhere.", find), total, list];
}

function entry(one) {
  const status = one.status ? badge(`HTTP ${one.status}`, one.status >= 500 ? "bad" : "warn") : badge("explains");
  return h("article", { class: "card" }, h("div", { class: "spread" }, h("h2", { class: "mono" }, one.code), status), h("p", {}, one.meaning), h("p", { class: "soft" }, one.fix));
}
