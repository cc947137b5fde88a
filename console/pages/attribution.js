// Who earned it: every model side by side, by whatever credit is counted by.

import { get, saved } from "../api.js";
import { chart, palette } from "../charts.js";
import { chooser, count, empty, h, money, notice, table, words } from "../dom.js";
import { picker, range } from "../range.js";
import { link } from "../app.js";

const DIMENSIONS = ["channel", "campaign", "partner", "event", "kind", "day", "touch_day", "sub1", "sub2", "sub3"];
const MEASURES = { conversions: "Conversions", value: "Value", payout: "Payout", profit: "Profit" };

export async function render({ query, go, heading, me }) {
  const days = range(query);
  const by = me.token.partner ? "partner" : query.group_by || "channel";
  const measure = MEASURES[query.measure] ? query.measure : "conversions";
  const asked = { ...days, group_by: by, event: query.event };
  const found = await get("reports/attribution", asked);
  const save = h("button", { class: "button", type: "button", onclick: () => saved("reports/attribution", asked, `attribution by ${by} ${days.from} ${days.to}.csv`) }, "Save as CSV");
  const head = heading("The same conversions under every model", picker(query, go), save);
  const controls = h("div", { class: "card row" },
    !me.token.partner && chooser("Group by", DIMENSIONS.map((one) => [one, words(one)]), by, (group_by) => go({ group_by })),
    chooser("Show", Object.entries(MEASURES), measure, (value) => go({ measure: value })),
    chooser("Event", [["", "All events"], ...me.events.map((one) => [one, one])], query.event ?? "", (event) => go({ event })));
  if (!found.rows.length) return [head, h("div", { class: "stack" }, controls, h("div", { class: "card" }, empty("attribution", "No credit in these days", "Credit is given by the night after a conversion came in, to the touches that led to it. Widen the range or take off the filter.")))];
  const currencies = [...new Set(found.rows.map((row) => row.currency))];
  const blocks = currencies.map((currency) => block(found, by, currency, measure, currencies.length > 1, days));
  const moved = found.published?.restated?.length ? notice("", `${count(found.published.restated.length)} of these days changed after they were first published.`, "A late conversion, a refund or a new link between identities moves closed days.") : null;
  return [head, h("div", { class: "stack" }, controls, ...blocks, moved && h("div", {}, moved, h("p", {}, h("a", { href: link("nights") }, "See what each night restated"))))];
}

function block(found, by, currency, measure, several, days) {
  const rows = found.rows.filter((row) => row.currency === currency);
  const models = found.models.filter((model) => rows.some((row) => row.model === model));
  const cell = new Map(rows.map((row) => [`${row.model} ${row[by]}`, row]));
  const amount = (model, key) => Number(cell.get(`${model} ${key}`)?.[measure] ?? 0);
  const all = (key) => models.reduce((sum, model) => sum + amount(model, key), 0);
  const dated = by === "day" || by === "touch_day";
  const keys = [...new Set(rows.map((row) => row[by]))].filter(all).sort((one, other) => (dated ? one.localeCompare(other) : all(other) - all(one)));
  const show = (value) => (measure === "conversions" ? count(value) : money(value, currency));
  const total = (model) => found.totals.find((one) => one.model === model && one.currency === currency)?.[measure] ?? 0;
  const most = Math.max(...models.flatMap((model) => keys.map((key) => amount(model, key))), 0.000001);
  const title = `${MEASURES[measure]} by ${words(by)}${several ? ` (${currency})` : ""}`;
  const top = keys.slice(0, keys.length > 8 ? 7 : 8), others = keys.slice(top.length);
  const series = top.map((key, index) => ({ title: named(key), colour: index, values: models.map((model) => amount(model, key)) }));
  if (others.length) series.push({ title: `${others.length} others`, colour: 7, values: models.map((model) => others.reduce((sum, key) => sum + amount(model, key), 0)) });
  return h("section", { class: "card stack" }, h("h2", {}, title),
    chart({ title: `${title}, by model`, labels: models.map(words), show, tall: true, stacked: true, horizontal: true, series }),
    table([
      { title: words(by), show: (key) => [h("span", { class: "swatch", "--colour": palette(Math.min(keys.indexOf(key), 7)) }), drill(by, key, days)] },
      ...models.map((model) => ({ title: words(model), number: true, show: (key) => h("span", { class: "heat", "--share": Math.round((100 * amount(model, key)) / most) }, show(amount(model, key))) })),
    ], keys.slice(0, 60), { caption: title, footer: ["All", ...models.map((model) => show(total(model)))] }));
}

const named = (key) => key || "(none)";

function drill(by, key, days) {
  const next = { channel: "campaign", campaign: "partner", event: "channel" }[by];
  if (by === "event") return h("a", { href: link("attribution", { ...days, group_by: next, event: key }) }, named(key));
  return named(key);
}
