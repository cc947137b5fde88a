// The template linter as one types: the very findings of `touchline lint-template`.

import { post } from "./api.js";
import { badge, field, h, words } from "./dom.js";

const PAUSE_MS = 250;

export function linter({ label, url = "", allowHttp = false, save }) {
  const area = h("textarea", { value: url, spellcheck: "false", rows: "3", placeholder: "https://partner.example/postback?cid={partner_click_id}&sum={payout}", oninput: soon });
  const found = h("div", { class: "stack", "aria-live": "polite" });
  const button = save && h("button", { class: "button primary small", type: "button", disabled: true, onclick: () => save(area.value, button, found) }, "Save this URL");
  let timer = null, asked = 0;
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  }
  async function look() {
    const mine = (asked += 1);
    if (!area.value.trim()) return found.replaceChildren();
    try {
      const answer = await post("admin/lint-template", { url: area.value.trim(), allow_http: allowHttp });
      if (mine !== asked) return undefined;
      found.replaceChildren(...findings(answer, area));
      if (button) button.disabled = answer.problems.some((one) => one.severity === "error") || area.value.trim() === url;
    } catch (failure) {
      if (mine === asked) found.replaceChildren(h("p", {}, failure.message));
    }
    return undefined;
  }
  if (url) soon();
  return h("div", { class: "stack" }, field(label, area), found, button && h("div", { class: "row" }, button));
}

function findings(answer, area) {
  const list = answer.problems.map((one) => h("div", { class: `notice ${one.severity === "error" ? "bad" : "warn"}` },
    h("div", { class: "row" }, badge(one.severity, one.severity === "error" ? "bad" : "warn"), h("strong", {}, words(one.code)), h("button", { class: "button quiet small", type: "button", onclick: () => { area.focus(); area.setSelectionRange(one.at, one.at + (one.macro?.length ?? 1)); } }, `at ${one.at + 1}`)),
    h("p", { class: "small" }, one.message), h("p", { class: "small soft" }, one.hint)));
  if (!list.length) list.push(h("div", { class: "row" }, badge("no findings", "good")));
  if (answer.canonical && answer.canonical !== area.value.trim()) list.push(h("div", {}, h("p", { class: "small soft" }, "Stored as"), h("pre", { class: "code", tabindex: "0" }, answer.canonical)));
  if (answer.example) list.push(h("div", {}, h("p", { class: "small soft" }, "With sample data it calls"), h("pre", { class: "code", tabindex: "0" }, answer.example)));
  return list;
}
