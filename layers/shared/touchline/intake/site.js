// <script async src="https://API/t.js" data-key="SITE KEY" [data-consent="required"]></script>
((w, d, l) => {
  const me = d.currentScript, set = me.dataset, q = new URLSearchParams(l.search);
  const early = w.touchline?.q || [];
  let waiting = [], granted, visitor;

  // Storage may be forbidden: then the visitor lasts as long as the page.
  const get = (k) => { try { return w.localStorage[k] } catch { } };
  const put = (k, v) => { try { w.localStorage[k] = v } catch { } };
  const cookie = (v, age) => {
    d.cookie = `tl_v=${v};max-age=${age};path=/;samesite=lax` +
      (set.domain ? ";domain=" + set.domain : "") + (l.protocol == "https:" ? ";secure" : "");
  };
  const random = () => [...crypto.getRandomValues(new Uint8Array(32))]
    .map((b) => (b & 15).toString(16)).join("");
  const who = () => {
    visitor ||= /\btl_v=(\w{32})/.exec(d.cookie)?.[1] || random();
    // 400 days, the most that browsers keep
    cookie(visitor, 34560000);
    return visitor
  };
  const send = (path, body, tries) => {
    const again = () => tries && setTimeout(send, 2000, path, body, tries - 1);
    // A string body is text/plain: no preflight request is needed.
    fetch(me.src.replace(/t\.js.*/, path + "?site_key=" + set.key), {
      method: "POST", body: JSON.stringify(body), keepalive: true, credentials: "omit"
    }).then((r) => r.status > 428 && again(), again);
  };
  const allowed = () => granted || set.consent != "required" && !navigator.globalPrivacyControl;
  const when = (act) => allowed() ? act() : waiting.push(act);
  const touch = (kind, more) => {
    const body = { kind, id: "t_" + random(), occurred_at: Date.now(), ...more };
    when(() => send("touch", { ...body, visitor: who(), consent: granted }, 3));
  };
  const identify = (other) => when(() =>
    send("identify", { identities: ["visitor:" + who(), other], consent: granted }, 3));
  const from = d.referrer && new URL(d.referrer).hostname;
  const host = from == l.hostname ? "" : from;
  const channel = host ? "referral" : "direct";
  // The click IDs of ad platforms; intake keeps those that it knows.
  const ads = Object.fromEntries([...q].filter(([k]) =>
    /(cl(ic)?k?id|braid)$|^(li_fat_id|ScCid|epik|awc|cjevent|rdt_cid)$/.test(k)));
  const paid = Object.keys(ads)[0];
  const utm = (k) => q.get("utm_" + k) || undefined;
  const click = () => touch("click", {
    channel: utm("medium") || (paid ? "ads" : channel), host, ad_ids: ads,
    source: utm("source"), campaign: utm("campaign"), name: utm("content")
  });
  const t = w.touchline = {
    ready: (act) => act(t),
    setUserId: (domain, id) => identify(domain + ":" + id),
    view: (name, more) => touch("optimization_view", { channel: "site", name, ...more }),
    click,
    visitor: () => allowed() && who(),
    consent: (to) => {
      granted = to ? to.map ? to : ["analytics", "ads"] : undefined;
      put("tl_c", to ? granted : "");
      if (granted) return waiting.splice(0).map((act) => act());
      set.consent = "required";
      waiting = [];
      visitor = cookie("", 0);
      put("tl_s", "");
      put("tl_l", "")
    }
  };
  if (get("tl_c")) granted = get("tl_c").split(",");
  when(() => {
    const ours = q.get("click_id"), fresh = Date.now() - (get("tl_s") || 0) > 18e5;
    if (/^clk_\w+$/.test(ours)) identify("click:" + ours);
    else if ((paid || utm("source")) && get("tl_l") != l.search) click();
    else if (fresh) touch("session", { channel, host });
    put("tl_s", Date.now());
    put("tl_l", l.search)
  });
  early.map(t.ready)
})(window, document, location);
