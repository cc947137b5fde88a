// The days that a page is about. They stand in the address, so that a page can be sent to a colleague.

import { h } from "./dom.js";

const DAY = 86_400_000;
const day = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 10);

export function range(query, days = 30) {
  const to = query.to || day(Date.now());
  const from = query.from || day(Date.parse(to) - (days - 1) * DAY);
  return { from, to };
}

export function picker(query, go) {
  const { from, to } = range(query);
  const today = day(Date.now());
  const spans = [7, 30, 90].map((days) => {
    const start = day(Date.parse(today) - (days - 1) * DAY);
    return h("button", { type: "button", "aria-pressed": String(from === start && to === today), onclick: () => go({ from: start, to: today }) }, `${days} days`);
  });
  const first = h("input", { type: "date", "aria-label": "From", value: from, onchange: () => first.value && go({ from: first.value, to }) });
  const last = h("input", { type: "date", "aria-label": "To", value: to, onchange: () => last.value && go({ from, to: last.value }) });
  return h("div", { class: "range" }, h("div", { class: "segments", role: "group", "aria-label": "Range of days" }, spans), first, h("span", { class: "soft", "aria-hidden": "true" }, "to"), last);
}
