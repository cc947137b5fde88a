// Talking to the stack that served this page. The token lives in this tab's session only.

export const BASE = new URL("../../", import.meta.url);
const KEPT = "touchline.token", ACCOUNT = "touchline.account";

export class Problem extends Error {
  constructor(status, error, receipt) {
    super(error.message ?? `The stack answered ${status}.`);
    Object.assign(this, { status, code: error.code ?? "", hint: error.hint ?? "", receipt: receipt ?? "" });
  }
}

export const session = {
  token: () => sessionStorage.getItem(KEPT) ?? "",
  account: () => sessionStorage.getItem(ACCOUNT) ?? "",
  start(token, account) {
    sessionStorage.setItem(KEPT, token);
    if (account) sessionStorage.setItem(ACCOUNT, account);
    else sessionStorage.removeItem(ACCOUNT);
  },
  end() {
    sessionStorage.removeItem(KEPT);
    sessionStorage.removeItem(ACCOUNT);
  },
};

export const get = (path, query) => call("GET", path, { query });
export const post = (path, body, query) => call("POST", path, { body, query });

export async function call(method, path, { query, body, headers, anonymous } = {}) {
  const url = address(path, anonymous ? query : mine(query));
  const sent = { accept: "application/json", ...headers };
  if (!anonymous && !sent.authorization) sent.authorization = `Bearer ${session.token()}`;
  if (body !== undefined) sent["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Problem(0, { code: "unreachable", message: "The stack cannot be reached.", hint: "Check that it is up and that this computer is online, then try again." });
  }
  const text = await answer.text();
  const content = parsed(text);
  if (!answer.ok) throw new Problem(answer.status, content?.error ?? {}, content?.receipt ?? answer.headers.get("x-touchline-receipt"));
  return content;
}

// An operator's token acts on any account, so every question says which one is meant.
const mine = (query) => ({ ...query, account: session.account() });

export function address(path, query = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== "") url.searchParams.append(name, value);
  return url;
}

// One request with another token, answered whole: what a partner's server would see.
export async function exchange(method, path, { query, body, token, redirect }) {
  const headers = { accept: "application/json" };
  if (token) headers.authorization = `ApiKey ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const started = performance.now();
  const answer = await fetch(address(path, query), { method, headers, redirect, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  const text = await answer.text();
  return { status: answer.status, opaque: answer.type === "opaqueredirect", milliseconds: performance.now() - started, outcome: answer.headers.get("x-touchline-outcome") ?? "", receipt: answer.headers.get("x-touchline-receipt") ?? "", text, body: parsed(text) };
}

export async function saved(path, query, name, accept = "text/csv") {
  const answer = await fetch(address(path, mine(query)), { headers: { accept, authorization: `Bearer ${session.token()}` }, cache: "no-store" });
  if (!answer.ok) {
    const content = parsed(await answer.text());
    throw new Problem(answer.status, content?.error ?? {}, content?.receipt);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
