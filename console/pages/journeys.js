// The paths that led to conversions, as a picture of what flows where.

import { get, saved } from "../api.js";
import { library, palette } from "../charts.js";
import { bar, chooser, count, empty, h, money, some, svg, table } from "../dom.js";
import { picker, range } from "../range.js";

const DEPTH = 4;
const GOAL = "converted";

export async function render({ query, go, heading, me }) {
  const days = range(query);
  const asked = { ...days, event: query.event, limit: 200 };
  const [found, assisted] = await Promise.all([get("reports/paths", asked), get("reports/assists", { ...days, event: query.event }), library("d3-path.js"), library("d3-array.js")]);
  await library("d3-shape.js");
  await library("d3-sankey.js");
  const save = h("button", { class: "button", type: "button", onclick: () => saved("reports/paths", asked, `paths ${days.from} ${days.to}.csv`) }, "Save as CSV");
  const head = heading("Channels in the order in which people met them", picker(query, go), save);
  const controls = h("div", { class: "card row" }, chooser("Event", [["", "All events"], ...me.events.map((one) => [one, one])], query.event, (event) => go({ event })));
  const rows = found.rows.filter((row) => row.path.length);
  if (!rows.length) return [head, h("div", { class: "stack" }, controls, h("div", { class: "card" }, empty("journeys", "No journeys in these days", "A journey is the chain of touches before a conversion. Once conversions are credited, their paths appear here.")))];
  return [head, h("div", { class: "stack" }, controls, flow(rows), most(rows), assists(assisted.rows))];
}

function flow(rows) {
  const total = rows.reduce((sum, row) => sum + row.conversions, 0);
  const { nodes, links } = graph(rows);
  const width = 1080, height = Math.max(300, Math.min(560, 70 * Math.max(...columns(nodes))));
  const least = Math.min(...nodes.map((node) => node.column));
  const layout = window.d3.sankey().nodeId((node) => node.id).nodeAlign((node) => node.column - least).nodeWidth(14).nodePadding(22).extent([[4, 28], [width - 4, height - 10]]);
  const drawn = layout({ nodes, links });
  const path = window.d3.sankeyLinkHorizontal();
  const colours = colouring(rows);
  const picture = svg("svg", { class: "flow", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `How ${some(total, "conversion")} came about, channel after channel. The paths are in the table below.` },
    drawn.links.map((one) => svg("path", { d: path(one), stroke: colours(one.source.name), "stroke-width": Math.max(1, one.width) }, svg("title", {}, `${one.source.name} → ${one.target.name}: ${count(one.value)}`))),
    drawn.nodes.map((node) => box(node, width, colours)));
  return h("section", { class: "card" }, h("h2", {}, `How ${some(total, "conversion")} came about`), h("div", { class: "flow-scroll", tabindex: "0", role: "group", "aria-label": "Flow picture" }, picture),
    h("p", { class: "soft small" }, `The last ${DEPTH} touches of each path, oldest at the left. The wider the band, the more conversions.`));
}

// every path is put against the right edge, so that the last touch of all stands in one column
function graph(rows) {
  const nodes = new Map(), links = new Map();
  const node = (column, name) => {
    const id = `${column} ${name}`;
    if (!nodes.has(id)) nodes.set(id, { id, name, column });
    return id;
  };
  for (const { path, conversions } of rows) {
    const last = path.slice(-DEPTH);
    const steps = [...last.map((name, index) => node(DEPTH - last.length + index, name)), node(DEPTH, GOAL)];
    for (let index = 1; index < steps.length; index += 1) {
      const key = `${steps[index - 1]} > ${steps[index]}`;
      links.set(key, { source: steps[index - 1], target: steps[index], value: (links.get(key)?.value ?? 0) + conversions });
    }
  }
  return { nodes: [...nodes.values()], links: [...links.values()] };
}

const columns = (nodes) => Array.from({ length: DEPTH + 1 }, (_, column) => nodes.filter((node) => node.column === column).length);

function colouring(rows) {
  const names = [...new Set(rows.flatMap((row) => row.path))];
  return (name) => (name === GOAL ? "var(--good)" : palette(Math.min(names.indexOf(name), 7)));
}

function box(node, width, colours) {
  const right = node.x1 > width - 40;
  const x = right ? node.x0 - 6 : node.x1 + 6;
  return svg("g", {},
    svg("rect", { x: node.x0, y: node.y0, width: node.x1 - node.x0, height: Math.max(2, node.y1 - node.y0), rx: 3, fill: colours(node.name) }),
    svg("text", { x, y: (node.y0 + node.y1) / 2, dy: "0.35em", "text-anchor": right ? "end" : "start" }, `${node.name} `, svg("tspan", { class: "count" }, count(node.value))));
}

// `a > a > b` as a twice, then b
function runs(path) {
  const found = [];
  for (const name of path) {
    if (found.at(-1)?.[0] === name) found.at(-1)[1] += 1;
    else found.push([name, 1]);
  }
  return found;
}

function most(rows) {
  const top = rows[0].conversions;
  return h("section", { class: "card" }, h("h2", {}, "Paths that converted most"), table([
    { title: "Path", show: (row) => h("span", { class: "path" }, runs(row.path).map(([name, times], index) => [index > 0 && h("span", { class: "soft" }, " → "), name, times > 1 && h("span", { class: "soft" }, ` ×${times}`)])) },
    { title: "Event", show: (row) => row.event },
    { title: "Conversions", show: (row) => bar(row.conversions / top, count(row.conversions)) },
    { title: "Value", number: true, show: (row) => money(row.value, row.currency) },
  ], rows.slice(0, 30), { caption: "Paths that converted most" }));
}

function assists(rows) {
  const top = Math.max(...rows.map((row) => row.assisted), 1);
  return h("section", { class: "card" }, h("h2", {}, "What channels began, assisted and ended"), table([
    { title: "Channel", show: (row) => row.channel },
    { title: "Event", show: (row) => row.event },
    { title: "Began", number: true, show: (row) => count(row.first) },
    { title: "Assisted", show: (row) => bar(row.assisted / top, count(row.assisted)) },
    { title: "Ended", number: true, show: (row) => count(row.last) },
    { title: "Value assisted", number: true, show: (row) => money(row.assisted_value, row.currency) },
    { title: "Value ended", number: true, show: (row) => money(row.last_value, row.currency) },
  ], rows.slice(0, 30), { caption: "What channels began, assisted and ended" }),
  h("p", { class: "soft small" }, "A channel assists a conversion when it stands in the path and does not end it."));
}
