// The frame: sign in, find the page of the address, draw it, say plainly what went wrong.

import { get, Problem, session } from "./api.js";
import { badge, empty, field, h, icon, notice } from "./dom.js";

const PAGES = [
  { path: "overview", title: "Overview", load: () => import("./pages/overview.js") },
  { group: "Credit", path: "attribution", title: "Attribution", load: () => import("./pages/attribution.js") },
  { group: "Credit", path: "journeys", title: "Journeys", load: () => import("./pages/journeys.js"), whole: true },
  { group: "Credit", path: "events", title: "Events", load: () => import("./pages/events.js") },
  { group: "Credit", path: "nights", title: "Nights", load: () => import("./pages/nights.js"), whole: true },
  { group: "One by one", path: "conversions", title: "Conversions", load: () => import("./pages/conversions.js") },
  { group: "One by one", path: "clicks", title: "Clicks", load: () => import("./pages/clicks.js") },
  { group: "One by one", path: "deliveries", title: "Deliveries", load: () => import("./pages/deliveries.js") },
  { group: "One by one", path: "exports", title: "Exports", load: () => import("./pages/exports.js") },
  { group: "Running", path: "debugger", title: "Postback debugger", load: () => import("./pages/debugger.js"), admin: true },
  { group: "Running", path: "quarantine", title: "Quarantine", load: () => import("./pages/quarantine.js"), admin: true },
  { group: "Running", path: "partners", title: "Partners", load: () => import("./pages/partners.js"), admin: true },
  { group: "Help", path: "reasons", title: "Reasons", load: () => import("./pages/reasons.js") },
];
const app = document.getElementById("app");
let me = null;
let drawing = null;

// where we are: `#/attribution?from=2026-01-01&model=linear`, the rest of the path in `rest`

function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/").map(decodeURIComponent);
  return { page: page || "overview", rest, query: Object.fromEntries(new URLSearchParams(query)) };
}

export function link(page, query = {}, ...rest) {
  const stated = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  const tail = new URLSearchParams(stated).toString();
  return `#/${[page, ...rest].map(encodeURIComponent).join("/")}${tail ? `?${tail}` : ""}`;
}

function go(changes) {
  const { page, rest, query } = place();
  location.hash = link(page, { ...query, ...changes }, ...rest);
}

// sign in

function gate(problem) {
  me = null;
  document.title = "Sign in – Touchline";
  const token = h("input", { type: "password", name: "token", autocomplete: "off", spellcheck: "false", required: true, placeholder: "tl_live_…", "aria-describedby": "token-hint" });
  const account = h("select", { name: "account" });
  const which = h("div", { hidden: true }, field("Account", account, "This token opens every account: choose the one to look at."));
  const said = h("div", { hidden: !problem }, problem && told(problem));
  const button = h("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = h("form", { onsubmit: submit },
    said,
    field("Report or admin token", token),
    which,
    h("p", { class: "small soft", id: "token-hint" }, "It stays in this tab until you sign out or close it. Make one with ", h("code", {}, "touchline token create"), "."),
    button);
  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    session.start(token.value.trim(), account.value);
    try {
      me = await get("reports/me");
      if (!location.hash) location.hash = link("overview");
      frame();
    } catch (failure) {
      if (failure.code === "account_needed") return offer();
      session.end();
      button.disabled = false;
      said.hidden = false;
      said.replaceChildren(failure.status === 401 ? notice("bad", "This token opens nothing.", "It is wrong, expired or revoked. Ask the operator of this stack for a token with the scope report or admin.") : told(failure));
      token.focus();
    }
  }
  // An operator's token opens every account. Where there is one only, that one is meant.
  async function offer() {
    const { items } = await get("admin/accounts");
    account.replaceChildren(...items.map((one) => h("option", { value: one.id }, one.name ? `${one.name} (${one.id})` : one.id)));
    button.disabled = false;
    which.hidden = items.length < 2;
    if (items.length === 1) return form.requestSubmit();
    session.end();
    if (items.length) return account.focus();
    said.hidden = false;
    said.replaceChildren(notice("warn", "This stack has no account yet.", "Declare one with touchline apply FILE.yaml, then sign in again."));
  }
  app.replaceChildren(h("main", { class: "gate" }, h("div", { class: "card" }, h("div", { class: "brand" }, mark(), "Touchline"), h("h1", {}, "Sign in"), form)));
  token.focus();
}

function leave(problem) {
  session.end();
  gate(problem);
}

// the frame around every page

const mark = () => h("img", { src: new URL("./icon.svg", import.meta.url).href, alt: "", width: "28", height: "28" });

function frame() {
  const open = h("button", { class: "button quiet menu", type: "button", "aria-expanded": "false", "aria-label": "Menu", onclick: toggle }, icon("menu"));
  const side = h("header", { class: "side" }, h("a", { class: "brand", href: link("overview") }, mark(), "Touchline"), open, navigation(), who());
  function toggle() {
    open.setAttribute("aria-expanded", String(side.classList.toggle("open")));
  }
  app.replaceChildren(h("div", { class: "frame" }, side, h("main", { class: "main", id: "main", tabindex: "-1" })));
  draw();
}

const allowed = (page) => (!page.admin || me.token.scopes.includes("admin")) && (!page.whole || !me.token.partner);

function navigation() {
  const shown = PAGES.filter(allowed);
  return h("nav", { class: "nav", "aria-label": "Pages" }, shown.map((page, index) => [
    page.group !== shown[index - 1]?.group && page.group && h("div", { class: "nav-title" }, page.group),
    h("a", { href: link(page.path), "data-page": page.path }, icon(page.path), page.title),
  ]));
}

function who() {
  const theme = h("button", { class: "button quiet", type: "button", "aria-label": "Dark or light", title: "Dark or light", onclick: turn }, icon("theme"));
  return h("div", { class: "who" },
    h("div", { class: "who-row" }, h("strong", {}, me.account.name || me.account.id), me.token.test ? badge("test data", "warn") : badge(me.token.partner ?? (me.token.scopes.includes("admin") ? "admin" : "report"), "info")),
    h("div", { class: "soft wrap" }, me.token.name),
    h("div", { class: "who-row" }, theme, h("button", { class: "button small", type: "button", onclick: () => leave() }, "Sign out")));
}

function paint(theme) {
  document.documentElement.dataset.theme = theme;
}

function turn() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("touchline.theme", theme);
  paint(theme);
  draw();
}

// drawing a page

async function draw() {
  if (!me) return;
  const main = document.getElementById("main");
  const here = place();
  const page = PAGES.find((one) => one.path === here.page);
  const mine = (drawing = {});
  document.querySelector(".side").classList.remove("open");
  for (const one of document.querySelectorAll(".nav a")) {
    if (one.dataset.page === here.page) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  document.title = `${page?.title ?? "Nothing here"} – Touchline`;
  if (!page || !allowed(page)) {
    main.replaceChildren(empty("quarantine", "There is nothing here", page ? "Your token does not open this page." : "The address names no page of the console."));
    return;
  }
  main.setAttribute("aria-busy", "true");
  const waiting = setTimeout(() => mine === drawing && main.replaceChildren(heading(page.title), h("div", { class: "skeleton page-wait" })), 250);
  try {
    const { render } = await page.load();
    const content = await render({ me, go, heading: (text, ...more) => heading(page.title, text, ...more), current: () => mine === drawing, ...here });
    if (mine === drawing) main.replaceChildren(...[content].flat());
  } catch (failure) {
    if (mine !== drawing) return;
    if (failure.status === 401) return leave({ message: "You were signed out.", hint: "The token expired or was revoked." });
    if (!(failure instanceof Problem)) console.error(failure);
    main.replaceChildren(heading(page.title), told(failure));
  } finally {
    clearTimeout(waiting);
    if (mine === drawing) main.removeAttribute("aria-busy");
  }
}

function heading(title, text, ...more) {
  return h("div", { class: "head" }, h("div", {}, h("h1", {}, title), text && h("div", { class: "soft" }, text)), h("div", { class: "row" }, more));
}

export function told(failure) {
  const more = [failure.hint, failure.receipt && `Receipt ${failure.receipt}`].filter(Boolean);
  return notice("bad", failure.message || "Something went wrong.", ...more);
}

paint(localStorage.getItem("touchline.theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
window.addEventListener("hashchange", draw);
if (session.token()) {
  get("reports/me").then((found) => { me = found; frame(); }, (failure) => (failure.status === 401 ? leave() : gate(failure)));
} else {
  gate();
}
