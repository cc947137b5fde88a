// A list that grows page after page.

import { h } from "./dom.js";

// first: { rows, next }; further: cursor -> the next such page; draw: rows -> element
export function more(first, further, draw) {
  let { rows, next } = first;
  const place = h("div", {}, draw(rows));
  const button = h("button", { class: "button", type: "button", onclick: grow }, "Show more");
  const foot = h("div", { class: "row", hidden: !next }, button);
  async function grow() {
    button.disabled = true;
    try {
      const page = await further(next);
      rows = [...rows, ...page.rows];
      next = page.next;
      place.replaceChildren(draw(rows));
    } finally {
      button.disabled = false;
      foot.hidden = !next;
    }
  }
  return h("div", { class: "stack" }, place, foot);
}
