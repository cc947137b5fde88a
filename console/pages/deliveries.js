// What was sent to whom: the log of deliveries, each with its exact requests and answers.

import { get, saved } from "../api.js";
import { attempt, resend, shade } from "../deliveries.js";
import { badge, chooser, empty, h, shortly, table, words } from "../dom.js";
import { more } from "../more.js";
import { picker, range } from "../range.js";
import { link } from "../app.js";

const STATES = ["pending", "sending", "held", "delivered", "failed", "cancelled"];
const PAGE = 50;

export async function render({ query, rest, go, heading, me }) {
  if (rest.length) return single(heading, rest[0], me);
  const days = range(query, 7);
  const asked = { ...days, state: query.state, endpoint: query.endpoint, limit: PAGE };
  const [found, { endpoints }] = await Promise.all([page(asked), get("reports/endpoints")]);
  const save = h("button", { class: "button", type: "button", onclick: () => saved("reports/deliveries", { ...asked, limit: 500 }, `deliveries ${days.from} ${days.to}.csv`) }, "Save as CSV");
  const head = heading("Everything that was announced to receivers", picker({ ...query, ...days }, go), save);
  const controls = h("div", { class: "card row" },
    chooser("State", [["", "Any state"], ...STATES.map((one) => [one, one])], query.state, (state) => go({ state })),
    chooser("Endpoint", [["", "Any endpoint"], ...endpoints.map((one) => [one.id, one.id])], query.endpoint, (endpoint) => go({ endpoint })));
  const body = found.rows.length || found.next
    ? more(found, (cursor) => page({ ...asked, cursor }), list)
    : empty("deliveries", "Nothing was sent in these days", "A delivery appears here as soon as a conversion is announced to an endpoint that wants it.");
  return [head, h("div", { class: "stack" }, controls, h("div", { class: "card" }, body))];
}

async function page(asked) {
  const { deliveries, next } = await get("reports/deliveries", asked);
  return { rows: deliveries, next };
}

const list = (rows) => table([
  { title: "Announced (UTC)", show: (row) => h("a", { href: link("deliveries", {}, row.id) }, shortly(Date.parse(row.created_at))) },
  { title: "Endpoint", show: (row) => row.endpoint },
  { title: "What", show: (row) => words(row.type.replace("conversion.", "")) },
  { title: "Conversion", show: (row) => h("a", { class: "nowrap", href: link("conversions", { event: row.event }, row.conversion) }, row.conversion) },
  { title: "State", show: (row) => badge(row.state, shade(row.state)) },
  { title: "Attempts", number: true, show: (row) => String(row.attempts) },
  { title: "Why", show: (row) => words(row.reason) || "–" },
], rows, { caption: "Deliveries" });

async function single(heading, id, me) {
  const found = await get(`reports/deliveries/${encodeURIComponent(id)}`);
  const again = () => { setTimeout(() => window.dispatchEvent(new HashChangeEvent("hashchange")), 1500); };
  return [
    heading(h("span", { class: "mono wrap" }, id), me.token.scopes.includes("admin") && resend(found, {}, again)),
    h("section", { class: "card stack" },
      h("div", { class: "row" }, h("strong", {}, found.endpoint), badge(found.type), badge(found.state, shade(found.state)), h("a", { href: link("conversions", { event: found.event }, found.conversion) }, found.conversion)),
      found.attempts.length ? found.attempts.map((made) => attempt({ ...made, at: Date.parse(made.at), why: made.reason && { code: made.reason } })) : h("p", { class: "soft" }, "No attempt was made yet.")),
  ];
}
