// One partner's clicks, newest first: what came in under its name, and whether it counts.

import { get, Problem, saved } from "../api.js";
import { at, badge, chooser, empty, facts, h, notice, shortly, table, words } from "../dom.js";
import { more } from "../more.js";
import { picker, range } from "../range.js";
import { link, told } from "../app.js";

const PAGE = 50;

export async function render({ query, rest, go, heading, me }) {
  if (rest.length) return single(heading, rest[0]);
  const partner = me.token.partner ?? query.partner ?? me.partners[0];
  if (!partner) return [heading("", finder()), h("div", { class: "card" }, empty("clicks", "No partner is declared yet", "Clicks are listed partner by partner. Declare one with touchline apply FILE.yaml."))];
  const days = range(query);
  const asked = { ...days, partner, campaign: query.campaign, limit: PAGE };
  const found = await get("reports/clicks", asked);
  const save = h("button", { class: "button", type: "button", onclick: () => saved("reports/clicks", { ...asked, limit: 500 }, `clicks ${partner} ${days.from} ${days.to}.csv`) }, "Save as CSV");
  const head = heading("What came in under a partner's name, and whether it counts", picker(query, go), save);
  const controls = h("div", { class: "card spread" },
    h("div", { class: "row" }, !me.token.partner && chooser("Partner", me.partners.map((one) => [one, one]), partner, (value) => go({ partner: value })),
      me.campaigns.length > 0 && chooser("Campaign", [["", "All campaigns"], ...me.campaigns.map((one) => [one, one])], query.campaign ?? "", (value) => go({ campaign: value }))),
    finder());
  const body = found.rows.length || found.next
    ? h("div", { class: "card" }, more(found, (cursor) => get("reports/clicks", { ...asked, cursor }), list))
    : h("div", { class: "card" }, nothing(found, partner));
  return [head, h("div", { class: "stack" }, controls, body)];
}

function finder() {
  const id = h("input", { type: "search", name: "click", placeholder: "clk_…", "aria-label": "Click ID", required: true });
  return h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); location.hash = link("clicks", {}, id.value.trim()); } }, id, h("button", { class: "button", type: "submit" }, "Find a click"));
}

function nothing(found, partner) {
  if (found.listed) return empty("clicks", "No clicks in these days", "A click appears here seconds after it came in. Widen the range, or take off the filter.");
  return empty("clicks", `Clicks of ${partner} are not listed`, "One click is found by its ID at any time. To list them all, set list_clicks: true for this partner: each click then costs one write more.");
}

const list = (rows) => table([
  { title: "Occurred (UTC)", show: (row) => h("span", { class: "nowrap" }, shortly(Date.parse(row.occurred_at))) },
  { title: "Click", show: (row) => (row.click_id ? h("a", { class: "mono", href: link("clicks", {}, row.click_id) }, row.click_id) : h("span", { class: "mono" }, row.click_ref || "–")) },
  { title: "Campaign", show: (row) => row.campaign || "–" },
  { title: "Sub-IDs", show: (row) => h("span", { class: "wrap" }, subs(row) || "–") },
  { title: "Counts", show: standing },
], rows, { caption: "Clicks" });

const subs = (row) => Object.entries(row.subs).map(([name, value]) => `${name} ${value}`).join(", ");
const standing = (row) => (row.counts ? badge("counts", "good") : h("span", { class: "row" }, row.flags.map((flag) => badge(words(flag), "warn"))));

async function single(heading, id) {
  const head = heading(h("span", { class: "mono wrap" }, id), finder());
  try {
    const row = await get(`reports/clicks/${encodeURIComponent(id)}`);
    return [head, h("section", { class: "card stack" }, h("div", { class: "row" }, standing(row)), facts([
      ["Occurred", at(Date.parse(row.occurred_at))], ["Came in", at(Date.parse(row.received_at))], ["Partner", row.partner], ["Their click ID", row.click_ref],
      ["Campaign", row.campaign], ["Channel", row.channel], ["Country", row.country], ["Sub-IDs", subs(row)], ["Remarks", row.flags.map(words).join(", ")],
    ]), !row.counts && notice("warn", "This click earns no credit.", "Its remarks say why; the reasons catalogue explains each."))];
  } catch (failure) {
    if (!(failure instanceof Problem) || failure.status !== 404) return [head, told(failure)];
    return [head, h("div", { class: "card" }, empty("clicks", "No click has this ID", "IDs begin with clk_ and are matched exactly. A click whose retention is over is gone."))];
  }
}
