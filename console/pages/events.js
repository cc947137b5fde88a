// Events: how many, how fast, by which day's touches, and how far the goals are.

import { get, saved } from "../api.js";
import { chart } from "../charts.js";
import { bar, choose, count, empty, h, lasting, money, percent, table, words } from "../dom.js";
import { goal } from "../goals.js";
import { picker, range } from "../range.js";
import { link } from "../app.js";

export async function render({ query, go, heading, me }) {
  const days = range(query);
  const model = me.models.includes(query.model) ? query.model : me.models[0];
  const [found, delays, cohorts, goals, spend] = await Promise.all([
    get("reports/events", days), get("reports/delays", days), get("reports/cohorts", { ...days, model }),
    me.token.partner ? { goals: [] } : get("reports/goals", days),
    me.token.partner ? { rows: [] } : get("reports/spend", { ...days, model }),
  ]);
  const save = h("button", { class: "button", type: "button", onclick: () => saved("reports/events", days, `events ${days.from} ${days.to}.csv`) }, "Save as CSV");
  const head = heading("By the day on which they occurred (UTC)", picker(query, go), save);
  if (!found.events.length) return [head, h("div", { class: "card" }, empty("events", "No events in these days", "Conversions are counted by the night after they came in. Widen the range, or look at what came in today.", h("a", { class: "button", href: link("conversions") }, "See what came in")))];
  const chosen = found.events.find((one) => one.event === query.event && one.currency === (query.currency ?? one.currency)) ?? found.events[0];
  const same = (one) => one.event === chosen.event && one.currency === chosen.currency;
  const grid = h("div", { class: "grid" },
    h("section", { class: "card span-12" }, h("h2", {}, "All events"), overviewTable(found.events, chosen, days)),
    h("section", { class: `card ${goals.goals.length ? "span-8" : "span-12"}` }, h("h2", {}, `${chosen.event} by day`), byDay(chosen)),
    goals.goals.length > 0 && h("section", { class: "card span-4" }, h("h2", {}, "Goals"), h("div", { class: "stack" }, goals.goals.map(goal))),
    h("section", { class: "card span-6" }, h("h2", {}, `Time to ${chosen.event}`), delay(delays.events.find(same))),
    h("section", { class: "card span-6" }, h("div", { class: "spread" }, h("h2", {}, "Credit by the day of the touch"), models(me, model, go)), cohort(cohorts.events.find(same), model)),
    spend.rows.some((row) => Number(row.cost)) && h("section", { class: "card span-12" }, h("h2", {}, `Return on what was spent (${words(model)})`), returns(spend.rows)));

  return [head, grid];
}

const models = (me, model, go) => {
  const list = choose("model", me.models.map((one) => [one, words(one)]), model);
  list.setAttribute("aria-label", "Model");
  list.addEventListener("change", () => go({ model: list.value }));
  return list;
};

function overviewTable(events, chosen, days) {
  const most = Math.max(...events.map((one) => one.conversions), 1);
  return table([
    { title: "Event", show: (one) => h("a", { href: link("events", { ...days, event: one.event, currency: one.currency }), "aria-current": one === chosen ? "true" : null }, one.event) },
    { title: "Conversions", show: (one) => bar(one.conversions / most, count(one.conversions)) },
    { title: "Credited", number: true, show: (one) => percent(one.conversions ? one.attributed / one.conversions : null) },
    ...(events.some((one) => one.rate_per_user) ? [{ title: "Per user", number: true, show: (one) => rate(one.rate_per_user) }, { title: "Per session", number: true, show: (one) => rate(one.rate_per_session) }] : []),
    { title: "Value", number: true, show: (one) => money(one.value, one.currency) },
    { title: "Payout", number: true, show: (one) => money(one.payout, one.currency) },
  ], events, { caption: "All events" });
}

// above one each, a share would be misread
const rate = (value) => (value > 1 ? `${count(value)} each` : percent(value));

function byDay(event) {
  return chart({
    title: `${event.event} by day`, stacked: true, show: count, labels: event.days.map((one) => one.day.slice(5)),
    series: [{ title: "Credited", values: event.days.map((one) => one.attributed) }, { title: "Not credited", colour: 7, values: event.days.map((one) => one.conversions - one.attributed) }],
  });
}

function delay(found) {
  if (!found) return h("p", { class: "soft" }, "No conversion of this event was credited in these days.");
  let before = 0;
  const labels = found.buckets.map((one) => {
    const label = one.below_seconds === null ? `${lasting(before)} +` : `< ${lasting(one.below_seconds)}`;
    before = one.below_seconds;
    return label;
  });
  return h("div", { class: "stack" },
    h("p", { class: "soft small" }, `On average ${lasting(found.mean_first_seconds)} after the first touch and ${lasting(found.mean_last_seconds)} after the last.`),
    chart({ title: "Time to conversion", labels, show: count, series: [{ title: "After the first touch", values: found.buckets.map((one) => one.from_first) }, { title: "After the last touch", colour: 1, values: found.buckets.map((one) => one.from_last) }] }));
}

function cohort(found, model) {
  if (!found?.by_touch_day.length) return h("p", { class: "soft" }, "Nothing was credited in these days.");
  return chart({
    kind: "bar", title: `Conversions credited to touches of each day (${words(model)})`, show: count, labels: found.by_touch_day.map((one) => one.day.slice(5)),
    series: [{ title: "Conversions credited", colour: 2, values: found.by_touch_day.map((one) => one.conversions) }],
  });
}

function returns(rows) {
  return table([
    { title: "Channel", show: (row) => row.channel || "(none)" },
    { title: "Spent", number: true, show: (row) => money(row.cost, row.currency) },
    { title: "Conversions", number: true, show: (row) => count(row.conversions) },
    { title: "Cost of one", number: true, show: (row) => money(row.cost_per_conversion, row.currency) },
    { title: "Value", number: true, show: (row) => money(row.value, row.currency) },
    { title: "Return", number: true, show: (row) => (row.roas === null ? "–" : `${count(row.roas)} ×`) },
    { title: "Profit", number: true, show: (row) => money(row.profit, row.currency) },
  ], rows.filter((row) => Number(row.cost) || Number(row.conversions) || Number(row.payout)), { caption: "Return on what was spent" });
}
