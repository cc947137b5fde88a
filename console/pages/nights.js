// The nights: what each one decided, whether it balanced, which closed days it moved and why.

import { get } from "../api.js";
import { badge, count, empty, facts, h, some, table, words } from "../dom.js";
import { picker, range } from "../range.js";

export async function render({ query, go, heading }) {
  const found = await get("reports/runs", { ...range(query), limit: 60 });
  const head = heading("Each night credits what came in that day, and says which closed days moved.", picker(query, go));
  if (!found.rows.length) return [head, h("div", { class: "card" }, empty("nights", "No night ran in these days", "Nights run at 00:00 UTC. One can be run at any time with touchline attribute --from DAY --to DAY."))];
  return [head, h("div", { class: "stack" }, found.rows.map(night))];
}

function night(run) {
  const good = run.status === "published";
  return h("article", { class: "card" },
    h("div", { class: "spread" }, h("h2", {}, run.day, run.recompute && h("span", { class: "soft" }, " (recomputed)")), badge(good ? "balanced and published" : words(run.status), good ? "good" : "bad")),
    h("div", { class: "grid" },
      h("div", { class: "span-4" }, facts([
        ["Received", count(run.received)], ["Decided", count(run.decided)], ["Duplicates", count(run.duplicates)],
        ["Quarantined", count(run.quarantined)], ["Set aside", run.set_aside ? count(run.set_aside) : ""], ["Rules", run.rules_version],
        ...Object.entries(run.outcomes ?? {}).map(([name, number]) => [title(name), count(number)]),
      ])),
      h("div", { class: "span-8" }, run.faults?.length ? h("div", { class: "notice bad" }, h("strong", {}, "Nothing was published"), run.faults.map((fault) => h("p", { class: "small" }, fault))) : restated(run.restated))));
}

const title = (name) => words(name).replace(/^./, (first) => first.toUpperCase());

function restated(days) {
  const closed = days.filter((one) => one.was);
  const fresh = days.length - closed.length;
  const first = fresh > 0 && h("p", {}, `${some(fresh, "day")} published for the first time: `, days.filter((one) => !one.was).map((one, index) => [index > 0 && ", ", h("span", { class: "nowrap" }, one.day)]));
  if (!closed.length) return h("div", {}, first || null, h("p", { class: "soft" }, "No closed day changed."));
  return h("div", { class: "stack" }, first || null, closed.map((one) => h("details", {},
    h("summary", {}, `${one.day} changed: ${Object.entries(one.causes).map(([cause, number]) => `${count(number)} ${words(cause)}`).join(", ")}`),
    one.difference?.length ? table(Object.keys(one.difference[0]).map((name) => ({ title: words(name), number: typeof one.difference[0][name] === "number", show: (row) => String(row[name] ?? "") })), one.difference.slice(0, 20), { caption: `What changed on ${one.day}` }) : null)));
}
