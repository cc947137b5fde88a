// Partners and endpoints: what they are told, how, and whether a template is right, as one types.

import { call, get, post } from "../api.js";
import { badge, count, empty, facts, h, notice, words } from "../dom.js";
import { exchanged } from "../deliveries.js";
import { linter } from "../linter.js";
import { link, told } from "../app.js";

export async function render({ heading, go }) {
  const [partners, endpoints] = await Promise.all([get("admin/partners", { limit: 200 }), get("admin/endpoints", { limit: 200 })]);
  const head = heading("Who sends traffic and conversions, and where postbacks go.");
  const check = h("section", { class: "card" }, h("h2", {}, "Check a postback URL"), linter({ label: "Paste a template with any network's placeholders" }));
  if (!partners.items.length && !endpoints.items.length) return [head, h("div", { class: "stack" }, check, h("div", { class: "card" }, empty("partners", "No partner is declared yet", "Declare partners and endpoints with touchline apply FILE.yaml; examples/registry.yaml shows how.")))];
  const own = endpoints.items.filter((one) => !one.partner);
  return [head, h("div", { class: "stack" }, check, partners.items.map((one) => partner(one, endpoints.items.filter((each) => each.partner === one.id))), own.length > 0 && group("Own systems", null, own))];
}

function partner(one, endpoints) {
  const kinds = facts([
    ["Channel", one.channel], ["Kind", one.kind], ["Dialect", one.dialect], ["Default event", one.default_event], ["Signed clicks", one.click_signing], ["Signed postbacks", one.postback_signing],
    ["Allowed IPs", one.ip_allow.join(", ")], ["Coupons", one.coupons.join(", ")], ["Clicks", one.list_clicks ? h("a", { href: link("clicks", { partner: one.id }) }, "listed") : "not listed"],
  ]);
  return group(one.name || one.id, kinds, endpoints, one.active ? null : badge("not active", "warn"));
}

function group(title, about, endpoints, state) {
  return h("section", { class: "card" }, h("div", { class: "spread" }, h("h2", {}, title), state), h("div", { class: "grid" },
    about && h("div", { class: "span-4" }, about),
    h("div", { class: `${about ? "span-8" : "span-12"} stack` }, endpoints.length ? endpoints.map(endpoint) : h("p", { class: "soft" }, "No endpoint: this partner is told nothing."))));
}

function endpoint(one) {
  const said = h("div", { class: "stack", "aria-live": "polite" });
  const button = h("button", { class: "button small", type: "button", onclick: test }, "Send a test");
  const release = one.state !== "active" && h("button", { class: "button small", type: "button", onclick: free }, "Release what is held");
  async function test() {
    button.disabled = true;
    try {
      said.replaceChildren(trial(await post(`admin/endpoints/${encodeURIComponent(one.id)}/test`, {})));
    } catch (failure) {
      said.replaceChildren(told(failure));
    }
    button.disabled = false;
  }
  async function free() {
    try {
      const answer = await post(`admin/endpoints/${encodeURIComponent(one.id)}/release`, {});
      said.replaceChildren(notice("good", `${count(answer.released)} released.`));
    } catch (failure) {
      said.replaceChildren(told(failure));
    }
  }
  async function save(url, saving, found) {
    saving.disabled = true;
    try {
      await call("PATCH", `admin/endpoints/${encodeURIComponent(one.id)}`, { body: { url, version: one.version } });
      found.replaceChildren(notice("good", "Saved. It counts within a minute, also for what is waiting."));
      one.version += 1;
    } catch (failure) {
      found.replaceChildren(told(failure));
    }
  }
  const when = [one.firing.types.map((type) => type.replace("conversion.", "")).join(", "), one.firing.events.length && `of ${one.firing.events.join(", ")}`, one.firing.campaigns.length && `in ${one.firing.campaigns.join(", ")}`].filter(Boolean).join(" ");
  return h("div", { class: "delivery stack" },
    h("div", { class: "spread" }, h("div", { class: "row" }, h("strong", {}, one.id), badge(words(one.format)), badge(one.state, one.state === "active" ? "good" : "warn"), one.test && badge("test data only", "warn")), h("div", { class: "row" }, release, button)),
    h("p", { class: "small soft" }, `Told when: ${when}`),
    h("pre", { class: "code", tabindex: "0", "aria-label": "URL" }, `${one.method} ${one.url}`),
    h("details", {}, h("summary", {}, "Change the URL"), linter({ label: `URL of ${one.id}`, url: one.url, allowHttp: one.allow_http, save })), said);
}

function trial(answer) {
  const { request, response } = answer;
  const good = answer.outcome === "delivered";
  return h("div", { class: "stack" }, notice(good ? "good" : "bad", good ? `The receiver answered ${response.status} after ${count(response.duration_ms)} ms.` : `${words(answer.reason ?? answer.outcome)}${response.status ? `, HTTP ${response.status}` : ""}`),
    exchanged(request, response));
}
