// Exports: rows into files of the stack's bucket, how far each is, and the files.

import { call, get } from "../api.js";
import { bar, badge, choose, count, empty, field, h, notice, percent, table } from "../dom.js";
import { picker, range } from "../range.js";
import { told } from "../app.js";

const LOOK_EVERY_MS = 2000;
const REPORTS = [["decisions", "Decisions"], ["deliveries", "Deliveries"], ["clicks", "Clicks"]];
const FORMATS = [["csv", "CSV"], ["jsonl", "JSON lines"], ["parquet", "Parquet"]];
const SHADES = { done: "good", failed: "bad", running: "info" };

export async function render({ query, go, heading, me, current }) {
  const place = h("div", { class: "card" });
  const said = h("div", { "aria-live": "polite" });
  async function show() {
    const { rows } = await get("reports/exports");
    place.replaceChildren(rows.length ? list(rows, said) : empty("exports", "Nothing was exported yet", "An export is written in the background, however many rows it has. Its files stay for a week."));
    return rows.some((one) => one.state === "running");
  }
  async function watch() {
    while (current() && (await show())) await new Promise((done) => { setTimeout(done, LOOK_EVERY_MS); });
  }
  await show();
  watch().catch((failure) => said.replaceChildren(told(failure)));
  return [
    heading("Rows one by one as files, however many there are", picker(query, go)),
    h("div", { class: "stack" }, form(me, range(query), said, watch), said, place),
  ];
}

function form(me, days, said, watch) {
  const report = choose("report", REPORTS, "decisions"), format = choose("format", FORMATS, "csv");
  const partner = !me.token.partner && choose("partner", [["", "Everybody's"], ...me.partners.map((one) => [one, one])], "");
  const send = h("button", { class: "button primary", type: "submit" }, "Export these days");
  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    try {
      await call("POST", "reports/exports", { query: { ...days, report: report.value, format: format.value, partner: partner ? partner.value : "" } });
      said.replaceChildren();
      await watch();
    } catch (failure) {
      said.replaceChildren(told(failure));
    } finally {
      send.disabled = false;
    }
  }
  return h("form", { class: "card row ends", onsubmit: submit }, field("Report", report), field("Format", format), partner && field("Rows", partner), send);
}

const list = (rows, said) => table([
  { title: "Report", show: (row) => `${row.report}${row.partner ? ` of ${row.partner}` : ""}` },
  { title: "State", show: (row) => (row.state === "running" ? bar(row.progress, percent(row.progress)) : badge(row.state, SHADES[row.state])) },
  { title: "Files", show: (row) => (row.state === "done" ? fetcher(row, said) : h("span", { class: "soft" }, row.error?.message ?? "–")) },
  { title: "Rows", number: true, show: (row) => count(row.rows) },
  { title: "Size", number: true, show: (row) => size(row.bytes) },
  { title: "Days", show: (row) => h("span", { class: "nowrap" }, `${row.from} to ${row.to}`) },
  { title: "Format", show: (row) => row.format },
], rows, { caption: "Exports" });

const size = (bytes) => (bytes < 1e6 ? `${count(Math.ceil(bytes / 1e3))} kB` : `${count(bytes / 1e6)} MB`);

// Links hold for a quarter of an hour, so they are asked for when somebody wants the files.
function fetcher(row, said) {
  const button = h("button", { class: "button small", type: "button", onclick: open }, row.files.length > 1 ? `${count(row.files.length)} files` : "Download");
  async function open() {
    try {
      const { files } = await get(`reports/exports/${encodeURIComponent(row.id)}`);
      const links = files.map((one) => h("a", { href: one.url, download: one.name }, one.name));
      if (links.length === 1) return links[0].click();
      said.replaceChildren(notice("good", "The files, each complete in itself:", ...links));
    } catch (failure) {
      said.replaceChildren(told(failure));
    }
    return undefined;
  }
  return button;
}
