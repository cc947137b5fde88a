// How far a goal has come, beside the pace that it needs.

import { bar, count, h, percent } from "./dom.js";

export function goal(one) {
  const done = one.done / one.target;
  const pace = one.done >= one.target ? "reached" : one.done >= one.due ? "on pace" : `${count(Math.ceil(one.due - one.done))} behind`;
  return h("div", {},
    h("div", { class: "spread" }, h("strong", {}, one.event), h("span", { class: "small soft" }, `${count(one.done)} of ${count(one.target)} this ${one.period}, ${pace}`)),
    bar(done, percent(done), one.done >= one.due ? "var(--good)" : "var(--c2)"));
}
