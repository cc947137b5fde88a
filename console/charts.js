// Charts, each with a sentence for those who do not see it and its numbers as a table below.

import { h, svg, table } from "./dom.js";

const loaded = new Map();

export function library(file) {
  if (!loaded.has(file)) {
    loaded.set(file, new Promise((done, failed) => {
      const script = h("script", { src: new URL(`./vendor/${file}`, import.meta.url).href });
      script.addEventListener("load", done);
      script.addEventListener("error", () => failed(new Error(`${file} did not load`)));
      document.head.append(script);
    }));
  }
  return loaded.get(file);
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const palette = (index) => `var(--c${(index % 8) + 1})`;
const painted = (index) => colour(`--c${(index % 8) + 1}`);

// kind: bar | line; series: [{ title, values, axis? }]; show: number -> text
export function chart({ kind = "bar", title, labels, series, show = String, stacked = false, horizontal = false, tall = false }) {
  const canvas = h("canvas", { role: "img", "aria-label": `${title}. The numbers are in the table below.` });
  const figure = h("figure", {},
    series.length > 1 && h("div", { class: "legend", "aria-hidden": "true" }, series.map((one, index) => h("span", {}, h("span", { class: "swatch", "--colour": palette(one.colour ?? index) }), one.title))),
    h("div", { class: tall ? "plot tall" : "plot" }, canvas),
    numbers(title, labels, series, show));
  library("chart.js").then(() => draw(canvas, { kind, labels, series, show, stacked, horizontal }));
  return figure;
}

function numbers(title, labels, series, show) {
  const columns = [{ title: "", show: (index) => labels[index] }, ...series.map((one) => ({ title: one.title, number: true, show: (index) => show(one.values[index]) }))];
  return h("details", {}, h("summary", {}, "Show as a table"), table(columns, labels.map((_, index) => index), { caption: title }));
}

function draw(canvas, { kind, labels, series, show, stacked, horizontal }) {
  if (!canvas.isConnected) {
    requestAnimationFrame(() => canvas.isConnected && draw(canvas, { kind, labels, series, show, stacked, horizontal }));
    return;
  }
  const line = colour("--line"), ink = colour("--soft"), card = colour("--card");
  const values = { stacked, beginAtZero: true, border: { display: false }, grid: { color: line }, ticks: { color: ink, maxTicksLimit: 6, callback: (value) => show(value) } };
  const names = { stacked, border: { color: line }, grid: { display: false }, ticks: { color: ink, maxRotation: 0, autoSkipPadding: 16 } };
  if (horizontal) Object.assign(names.ticks, { autoSkip: false });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return new window.Chart(canvas, {
    type: kind,
    data: { labels, datasets: series.map((one, index) => dataset(kind, one, painted(one.colour ?? index), card)) },
    options: {
      responsive: true, maintainAspectRatio: false, indexAxis: horizontal ? "y" : "x", animation: still ? false : { duration: 250 },
      interaction: { mode: "index", intersect: false, axis: horizontal ? "y" : "x" },
      scales: horizontal ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        legend: { display: false },
        tooltip: { backgroundColor: colour("--ink"), titleColor: card, bodyColor: card, padding: 10, cornerRadius: 8, callbacks: { label: (item) => ` ${item.dataset.label}: ${show(item.parsed[horizontal ? "x" : "y"])}` } },
      },
    },
  });
}

function dataset(kind, one, paint, card) {
  const common = { label: one.title, data: one.values.map(Number), backgroundColor: paint, borderColor: paint };
  if (kind === "line") return { ...common, borderWidth: 2, pointRadius: 0, pointHoverRadius: 4, tension: 0.25 };
  return { ...common, borderRadius: 3, maxBarThickness: 30, categoryPercentage: 0.78, barPercentage: 0.9, borderColor: card };
}

export function sparkline(values, label) {
  const top = Math.max(...values, 1), step = 100 / Math.max(values.length - 1, 1);
  const points = values.map((value, index) => `${(index * step).toFixed(2)},${(27 - (25 * value) / top).toFixed(2)}`);
  return svg("svg", { class: "spark", viewBox: "0 0 100 28", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("polygon", { points: `0,28 ${points.join(" ")} 100,28` }), svg("polyline", { points: points.join(" ") }));
}
