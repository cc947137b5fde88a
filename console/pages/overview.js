// How the days went: what came in, who earned it, what was sent, what the last night did.

import { get } from "../api.js";
import { chart, palette, sparkline } from "../charts.js";
import { badge, bar, count, empty, h, many, money, percent, some, table, words } from "../dom.js";
import { goal } from "../goals.js";
import { picker, range } from "../range.js";
import { link } from "../app.js";

export async function render({ query, go, heading, me }) {
  const days = range(query);
  const found = await get("reports/overview", days);
  const head = heading("", picker(query, go));
  if (!found.totals.conversions) return [head, nothing(me, found)];
  return [head, h("div", { class: "stack" }, tiles(found), h("div", { class: "grid" }, ...cards(found, days)))];
}

function nothing(me, found) {
  const why = found.unattributed.length ? ` ${some(found.unattributed[0].conversions, "conversion")} of these days did not count: ${found.unattributed[0].meaning}` : "";
  return h("div", { class: "card" }, empty("overview", "No conversions in these days",
    `Conversions appear here after the night in which they are credited. Widen the range to look further back.${why}`,
    h("a", { class: "button primary", href: link("conversions") }, "See what came in"),
    me.token.scopes.includes("admin") && h("a", { class: "button", href: link("debugger") }, "Send a test postback")));
}

function tile(label, figure, note, extra) {
  return h("div", { class: "card tile" }, h("div", { class: "label" }, label), h("div", { class: "figure" }, figure), extra ?? h("div", { class: "note" }, note));
}

function tiles({ totals, days, deliveries, last_run: run }) {
  const sent = deliveries && deliveries.delivered + deliveries.failed;
  return h("div", { class: "tiles" },
    tile("Conversions", count(totals.conversions), "", sparkline(days.map((day) => day.conversions), "Conversions by day")),
    tile("Value", many(totals.values), "", sparkline(days.map((day) => Number(day.value)), "Value by day")),
    tile("Credited", percent(totals.match_rate), `${some(totals.attributed, "conversion")} with at least one touch`),
    tile("Payouts", many(totals.payouts), "to partners"),
    deliveries && tile("Postbacks delivered", sent ? percent(deliveries.delivered / sent) : "–", [some(deliveries.failed, "failure"), deliveries.held && `${count(deliveries.held)} held`, deliveries.pending && `${count(deliveries.pending)} on the way`].filter(Boolean).join(", ") + " since yesterday"),
    run !== undefined && tile("Last night", run ? run.day : "none yet", run ? h("span", {}, badge(words(run.status), run.status === "published" ? "good" : "bad"), ` ${count(run.decided)} decided`) : "Nights run at 00:00 UTC"));
}

function cards(found, days) {
  return [
    h("section", { class: "card span-8" }, h("h2", {}, "Conversions by day"), chart({
      title: "Conversions by day, credited and not credited", stacked: true, show: count, labels: found.days.map((one) => one.day.slice(5)),
      series: [{ title: "Credited", values: found.days.map((one) => one.attributed) }, { title: "Not credited", colour: 7, values: found.days.map((one) => one.conversions - one.attributed) }],
    })),
    h("section", { class: "card span-4" }, h("h2", {}, "Not credited, and why"), found.unattributed.length
      ? h("ul", { class: "plain stack" }, found.unattributed.slice(0, 6).map((one) => h("li", {}, h("a", { href: link("reasons", { find: one.reason }) }, words(one.reason)), h("div", { class: "small soft" }, one.meaning), bar(one.conversions / found.unattributed[0].conversions, count(one.conversions), "var(--c8)"))))
      : h("p", { class: "soft" }, "Every conversion found a touch that earned it.")),
    found.channels && h("section", { class: `card ${found.goals?.length ? "span-7" : "span-12"}` },
      h("div", { class: "spread" }, h("h2", {}, "Credit by channel"), h("a", { class: "small", href: link("attribution", days) }, "Compare models")),
      channels(found.channels)),
    found.goals?.length > 0 && h("section", { class: "card span-5" }, h("h2", {}, "Goals"), h("div", { class: "stack" }, found.goals.map(goal))),
  ].filter(Boolean);
}

function channels({ model, rows: all }) {
  const rows = all.filter((row) => row.conversions > 0);
  if (!rows.length) return h("p", { class: "soft" }, "No credit in these days.");
  rows.sort((one, other) => other.conversions - one.conversions);
  const most = Math.max(...rows.map((row) => Number(row.conversions)));
  return table([
    { title: "Channel", show: (row) => [h("span", { class: "swatch", "--colour": palette(rows.indexOf(row)) }), row.channel || "(none)"] },
    { title: `Conversions (${words(model)})`, show: (row) => bar(Number(row.conversions) / most, count(row.conversions), palette(rows.indexOf(row))) },
    { title: "Value", number: true, show: (row) => money(row.value, row.currency) },
  ], rows.slice(0, 8), { caption: "Credit by channel" });
}
