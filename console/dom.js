// Building elements without markup strings, so that nothing that was stored can become markup.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

const ICONS = {
  overview: "M4 13h6V4H4v9Zm10 7h6v-9h-6v9ZM4 20h6v-4H4v4ZM14 4v4h6V4h-6Z",
  attribution: "M4 20V10m6 10V4m6 16v-7m4 7H2",
  journeys: "M4 6h5c6 0 4 12 11 12M4 18h5c3 0 4-3 5-6",
  events: "M4 18l5-6 4 3 7-9M4 4v16h16",
  conversions: "M12 4v4m0 8v4M6 12h12M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8Z",
  clicks: "M5 4l6 15 2-6 6-2L5 4Z",
  deliveries: "M3 11l18-7-7 18-3-8-8-3Z",
  exports: "M12 4v10m-4-4 4 4 4-4M4 18h16",
  nights: "M19 14.5A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.5Z",
  debugger: "M5 12h3l2-6 4 12 2-6h3",
  quarantine: "M12 3l8 4v5c0 5-3.5 8-8 9-4.500-1-8-4-8-9V7l8-4Zm0 6v4m0 3v.01",
  partners: "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-6 8c0-3 3-5 6-5s6 2 6 5M16 6a3 3 0 0 1 0 5m1 3c2 .6 4 2.300 4 5",
  reasons: "M6 4h12v16l-6-4-6 4V4Zm3 5h6",
  theme: "M12 4a8 8 0 1 0 0 16V4Z",
  menu: "M4 7h16M4 12h16M4 17h16",
};

export function icon(name) {
  const path = svg("path", { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": "1.8", "stroke-linecap": "round", "stroke-linejoin": "round" });
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, path);
}

// numbers and words

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const fraction = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
const share = new Intl.NumberFormat("en-GB", { style: "percent", maximumFractionDigits: 1 });

export const count = (value) => (Number.isInteger(Number(value)) ? whole : fraction).format(Number(value));
export const percent = (value) => (value === null || value === undefined ? "–" : share.format(value));

export function money(amount, currency) {
  if (amount === null || amount === undefined) return "–";
  if (!currency) return fraction.format(Number(amount));
  try {
    return new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(Number(amount));
  } catch {
    return `${fraction.format(Number(amount))} ${currency}`;
  }
}

export function many(values) {
  const amounts = Object.entries(values ?? {});
  return amounts.length ? amounts.map(([currency, amount]) => money(amount, currency)).join(" + ") : "0";
}

const plural = new Intl.PluralRules("en-GB");
export const some = (number, word) => `${count(number)} ${word}${plural.select(Number(number)) === "one" ? "" : "s"}`;

const instant = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
export const at = (milliseconds) => (milliseconds ? `${instant.format(new Date(milliseconds))} UTC` : "–");

const brief = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" });
export const shortly = (milliseconds) => brief.format(new Date(milliseconds));

export function lasting(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [unit, size] = units[first];
  const rest = units[first + 1] && Math.floor((seconds % size) / units[first + 1][1]);
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${units[first + 1][0]}` : ""}`;
}

export const words = (name) => String(name ?? "").replaceAll("_", " ");

// pieces that every page uses

export const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

export function table(columns, rows, { caption, footer } = {}) {
  const cell = (tag) => (column) => h(tag, { class: column.number ? "number" : "", scope: tag === "th" ? "col" : null }, tag === "th" ? column.title : null);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", {}, h("tr", {}, columns.map(cell("th")))),
      h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((column) => h("td", { class: column.number ? "number" : "" }, column.show(row)))))),
      footer && h("tfoot", {}, h("tr", {}, columns.map((column, index) => h("td", { class: column.number ? "number" : "" }, footer[index] ?? ""))))));
}

export function bar(part, text, colour) {
  return h("span", { class: "bar" },
    h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "fill", "--share": Math.max(0, Math.min(100, part * 100)).toFixed(2), "--colour": colour })),
    h("span", {}, text));
}

export function empty(picture, title, text, ...actions) {
  return h("div", { class: "empty" }, icon(picture), h("h2", {}, title), h("p", {}, text), actions.length ? h("div", { class: "row" }, actions) : null);
}

export function notice(kind, title, ...text) {
  return h("div", { class: `notice ${kind}`, role: kind === "bad" ? "alert" : "status" }, h("strong", {}, title), text.map((one) => h("p", { class: "small" }, one)));
}

export function field(label, control, hint) {
  return h("label", { class: "field" }, label, control, hint && h("span", { class: "soft" }, hint));
}

export function choose(name, options, chosen) {
  return h("select", { name }, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
}

// A labelled list that acts as soon as something else is chosen.
export function chooser(label, options, chosen, changed) {
  const list = choose(label.toLowerCase(), options, chosen ?? "");
  list.addEventListener("change", () => changed(list.value));
  return field(label, list);
}

export const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined).map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
