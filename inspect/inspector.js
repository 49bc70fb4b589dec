"use strict";
const $ = (id) => document.getElementById(id);

// el makes an element. Children that are strings become text, never markup.
function el(tag, attrs, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs || {})) {
    if (name === "on") for (const [event, f] of Object.entries(value)) e.addEventListener(event, f);
    else if (value !== undefined && value !== null && value !== false) e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== undefined && c !== null && c !== false));
  return e;
}

/* ---- language ---- */
let lang = "en";
function preferred() {
  const saved = localStorage.getItem("feilun-lang");
  if (saved && STRINGS[saved]) return saved;
  for (const l of navigator.languages || [navigator.language]) {
    const low = l.toLowerCase();
    if (/^zh-(tw|hk|mo|hant)/.test(low)) return "zh-TW";
    if (low.startsWith("zh")) return "zh-CN";
    if (low.startsWith("en")) return "en";
  }
  return "en";
}
function t(key, values) {
  return STRINGS[lang][key].replace(/\{(\w)\}/g, (_, name) => values[name]);
}
const num = (n) => n.toLocaleString(lang);
const short = (x) => (Number.isInteger(x) ? num(x) : Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2) : String(+x.toPrecision(4)));
function translate() {
  document.documentElement.lang = lang;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", t(e.dataset.tLabel));
  for (const e of document.querySelectorAll("[data-t-place]")) e.placeholder = t(e.dataset.tPlace);
  $("order").replaceChildren(...[["", "inOrder"], ["near", "near"], ["high", "high"], ["low", "low"]].map(([value, key]) => el("option", { value }, t(key))));
  $("order").value = filters.order || "";
  $("keys").replaceChildren(...[["j k ↓ ↑", "keyMove"], ["Enter", "keyOpen"], ["Esc", "keyBack"], ["g", "keyGood"], ["b", "keyBad"], ["u", "keyUndo"], ["/", "keySearch"], ["n p", "keyPages"],
    ["f", "keyWhole"], ["c", "keyCompare"], ["e", "keyExplain"], ["t", "keyTrain"], ["?", "keyHelp"]].flatMap(([keys, what]) =>
    [el("dt", {}, ...keys.split(" ").map((k) => el("kbd", {}, k))), el("dd", {}, t(what))]));
}

/* ---- talking to the server ---- */
let key = localStorage.getItem("feilun-key") || "";
class Failure extends Error {
  constructor(message, hint, code) { super(message); this.hint = hint; this.code = code; }
}
async function ask(path, { body, signal, raw } = {}) {
  const options = { headers: { "X-Feilun-Key": key }, signal };
  if (body) { options.method = "POST"; options.body = JSON.stringify(body); options.headers["Content-Type"] = "application/json"; }
  let answer;
  try {
    answer = await fetch("api/" + path, options);
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Failure(t("lost"), "", "lost");
  }
  if (answer.ok) return raw ? answer.blob() : answer.json();
  const f = await answer.json().catch(() => ({ error: answer.statusText }));
  if (f.code === "session") throw new Failure(t("session"), "", f.code);
  if (f.code === "token") throw new Failure(t("usedToken"), "", f.code);
  throw new Failure(f.error, f.hint, f.code);
}
function complain(e) {
  if (e.name === "AbortError") return;
  if (e.code === "gone") { refreshState().then(list); return; }
  if (["session", "token", "lost"].includes(e.code)) { banner([e.message]); return; }
  toast(t("failed", { e: e.message + (e.hint ? " — " + e.hint : "") }), true);
}
let toastTimer;
function toast(text, stay) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("toast").classList.remove("on"), stay ? 9000 : 1500);
}
function banner(parts) {
  $("banner").hidden = parts.length === 0;
  $("banner").replaceChildren(...parts.map((p) => el("p", {}, p)));
}

/* ---- state ---- */
const FILTERS = ["state", "stage", "filter", "rule", "lang", "host", "label", "q", "whole", "min", "max", "order", "limit"];
let filters = {};
let state = null;
let answer = null; // of the list
let from = 0;
let at = -1; // in the list
let doc = null;
let last = []; // labels that can be taken back
const PAGE = 50;

function readAddress() {
  const p = new URLSearchParams(location.hash.slice(1));
  filters = {};
  for (const f of FILTERS) if (p.get(f)) filters[f] = p.get(f);
  from = Math.max(0, parseInt(p.get("from"), 10) || 0);
  return p;
}
function writeAddress() {
  const p = new URLSearchParams(filters);
  if (from) p.set("from", from);
  history.replaceState(null, "", "#" + p);
}
async function start() {
  const p = readAddress();
  lang = preferred();
  $("lang").value = lang;
  translate();
  const token = p.get("token");
  if (token) {
    writeAddress();
    try {
      key = (await ask("session", { body: { token } })).key;
      localStorage.setItem("feilun-key", key);
    } catch (e) {
      if (e.code !== "token") { complain(e); return; }
      const known = await ask("state").catch(() => null); // this browser may have a session
      if (!known) { complain(e); return; }
    }
  }
  controls();
  emptyView();
  await refreshState().catch(complain);
  if (state && state.ready) await list();
}

let polling;
async function refreshState() {
  state = await ask("state");
  $("run").textContent = state.recipe ? state.recipe + " · " + state.dir : state.dir;
  document.title = "Feilun · " + state.dir;
  $("good-count").textContent = num(state.labels.good);
  $("bad-count").textContent = num(state.labels.bad);
  const notes = [];
  if (!state.ready) notes.push(state.build.error ? t("failed", { e: state.build.error }) : t("building", { p: percent(state.build) }));
  else {
    if (state.build.busy) notes.push(t("building", { p: percent(state.build) }));
    if (!state.finished) notes.push(t("inProgress"));
    if (state.stale && !state.build.busy) {
      const p = el("span", {}, t("stale") + " ", el("button", { type: "button", on: { click: again } }, t("reload")));
      notes.push(p);
    }
  }
  for (const f of state.problems) notes.push(t("damaged", { f }));
  if (state.labels.odd) notes.push(t("oddLabels", { n: state.labels.odd }));
  if (state.scoring.error && !state.scoring.busy) notes.push(state.scoring.error);
  banner(notes);
  $("score-section").hidden = !state.scores;
  if (!filters.limit) $("limit").value = state.limit;
  trainBox();
  clearTimeout(polling);
  const busy = state.build.busy || !state.ready || state.train.busy || state.scoring.busy;
  if (!(state.build.error && !state.ready)) polling = setTimeout(poll, busy ? 400 : 15000);
}
async function poll() {
  const before = state;
  try {
    await refreshState();
    if (state.ready && (before.gen !== state.gen || before.scored !== state.scored || (before.scoring.busy && !state.scoring.busy))) await list();
  } catch (e) { complain(e); polling = setTimeout(poll, 5000); }
}
async function again() { await ask("refresh", { body: {} }).catch(complain); await refreshState().catch(complain); }
const percent = (w) => (w.total ? Math.floor((100 * w.done) / w.total) : 0);

/* ---- the list ---- */
let listing;
async function list(keep) {
  if (listing) listing.abort();
  listing = new AbortController();
  writeAddress();
  const p = new URLSearchParams(filters);
  const asked = location.hash;
  p.set("from", from);
  p.set("count", PAGE);
  if ($("host-search").value) p.set("hosts", $("host-search").value);
  if (filters.order === "near" && !filters.limit) p.set("limit", state.limit);
  $("found").textContent = t("loading");
  try {
    answer = await ask("list?" + p, { signal: listing.signal });
  } catch (e) { complain(e); return; }
  answer.asked = asked;
  state.gen = answer.gen;
  drawList();
  drawFilters();
  if (!keep) select(answer.docs.length ? 0 : -1, true);
}
function drawList() {
  $("found").textContent = answer.found ? t("found", { n: num(answer.found) }) : t("foundNone");
  $("list").replaceChildren(...answer.docs.map((d, i) => row(d, i)));
  $("page").textContent = answer.docs.length ? t("pageOf", { a: num(from + 1), b: num(from + answer.docs.length), n: num(answer.found) }) : "";
  $("previous").disabled = from === 0;
  $("next").disabled = !answer.more;
  $("limit-label").hidden = filters.order !== "near";
  chips();
}
function row(d, i) {
  const reason = d.kept ? (d.cuts ? t("cut") : t("kept")) : d.rule;
  const item = el("li", { id: "d" + i, role: "option", "aria-selected": i === at ? "true" : "false", class: (d.kept ? "kept" : "dropped") + " " + (d.label || "none"), on: { click: () => { select(i); pane("doc"); } } },
    el("span", { class: "what" }, d.title || d.text || d.url || d.id),
    el("span", { class: "url" }, d.url || d.id),
    el("span", { class: "why" }, el("b", {}, reason), d.kept || d.value === undefined ? "" : " " + short(d.value), d.score !== undefined && d.score !== null ? " · " + t("score") + " " + d.score.toFixed(3) : "", d.lang ? " · " + d.lang : "",
      d.label && d.label !== "none" ? el("span", { class: "tag " + d.label }, t(d.label)) : ""));
  return item;
}
function chips() {
  const names = { state: (v) => t(v), stage: (v) => v, filter: (v) => v, rule: (v) => v, lang: (v) => (v === "-" ? t("noLanguage") : v), host: (v) => (v === "-" ? t("noHost") : v), label: (v) => t(v), q: (v) => "“" + v + "”",
    min: (v) => "≥ " + v, max: (v) => "≤ " + v };
  $("chips").replaceChildren(...Object.keys(names).filter((f) => filters[f]).map((f) =>
    el("button", { type: "button", class: "chip", "aria-label": t("remove") + ": " + names[f](filters[f]), on: { click: () => { if (f === "q") $("search").value = ""; set({ [f]: "" }); } } }, names[f](filters[f]) + " ×")));
}
function set(changes) {
  for (const [f, v] of Object.entries(changes)) if (v === "" || v === null) delete filters[f]; else filters[f] = v;
  from = 0;
  list();
}

/* ---- filters ---- */
function choice(text, n, on, f, note) {
  return el("button", { type: "button", class: "choice" + (on ? " on" : ""), "aria-pressed": on ? "true" : "false", on: { click: f } }, el("span", { class: "label" }, text, note ? el("small", {}, " " + note) : ""), el("span", { class: "n" }, num(n)));
}
function drawFilters() {
  const count = (facet, name) => (facet.find((x) => x.name === name) || { docs: 0 }).docs;
  const toggle = (f, v) => () => set({ [f]: filters[f] === v ? "" : v });
  const s = answer.states;
  $("states").replaceChildren(choice(t("all"), count(s, "kept") + count(s, "dropped"), !filters.state, () => set({ state: "" })),
    ...["kept", "dropped", "cut"].map((v) => choice(t(v), count(s, v), filters.state === v, toggle("state", v))));
  const l = answer.labels;
  $("labels").replaceChildren(...["none", "good", "bad"].map((v) => choice(t(v), count(l, v), filters.label === v, toggle("label", v))));
  $("languages").replaceChildren(...answer.languages.slice(0, 30).map((x) => choice(x.name || t("noLanguage"), x.docs, filters.lang === (x.name || "-"), toggle("lang", x.name || "-"))));
  $("hosts").replaceChildren(...answer.hosts.slice(0, 20).map((x) => choice(x.name || t("noHost"), x.docs, filters.host === (x.name || "-"), toggle("host", x.name || "-"))));
  drawRules();
  drawHistogram();
}
function drawRules() {
  const stages = new Map();
  for (const r of answer.rules) stages.set(r.stage, [...(stages.get(r.stage) || []), r]);
  const out = [];
  for (const [stage, rules] of stages) {
    const own = !filters.rule && !filters.filter && filters.stage === stage;
    out.push(choice(stage, rules.reduce((n, r) => n + (r.cut ? 0 : r.docs), 0), own, () => set(own ? { stage: "" } : { stage, filter: "", rule: "" })));
    for (const r of rules) {
      const on = filters.stage === stage && filters.rule === r.rule && (filters.filter || "") === (r.filter || "");
      const b = choice((r.filter ? r.filter + "." : "") + r.rule, r.docs, on, () => set(on ? { stage: "", filter: "", rule: "" } : { stage, filter: r.filter || "", rule: r.rule }), r.cut ? "✂" : "");
      b.classList.add("inner");
      out.push(b);
    }
  }
  $("rules").replaceChildren(...out);
}
function drawHistogram() {
  const h = answer.scores;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  if (!h) { $("histogram").replaceChildren(); return; }
  svg.setAttribute("viewBox", "0 0 100 40");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", t("score") + " " + short(h.min) + " – " + short(h.max));
  const top = Math.max(1, ...h.kept.map((k, i) => k + h.dropped[i]));
  const add = (name, attrs) => { const e = document.createElementNS(svg.namespaceURI, name); for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v); svg.append(e); return e; };
  const w = 100 / h.kept.length;
  h.kept.forEach((k, i) => {
    const high = (n) => Math.sqrt(n / top) * 36;
    const all = high(k + h.dropped[i]), kept = high(k);
    if (k) add("rect", { class: "k", x: i * w, y: 36 - kept, width: w * 0.9, height: kept });
    if (h.dropped[i]) add("rect", { class: "d", x: i * w, y: 36 - all, width: w * 0.9, height: all - kept });
    const lo = h.min + ((h.max - h.min) * i) / h.kept.length, hi = h.min + ((h.max - h.min) * (i + 1)) / h.kept.length;
    const hit = add("rect", { class: "hit", x: i * w, y: 0, width: w, height: 40 });
    hit.addEventListener("click", () => set({ min: String(+lo.toFixed(4)), max: String(+hi.toFixed(4)) }));
    hit.append(Object.assign(document.createElementNS(svg.namespaceURI, "title"), { textContent: short(lo) + " – " + short(hi) + ": " + num(k) + " + " + num(h.dropped[i]) }));
  });
  const x = ((state.limit - h.min) / (h.max - h.min)) * 100;
  if (x >= 0 && x <= 100) add("path", { class: "l", d: "M" + x + " 0v40" });
  $("histogram").replaceChildren(svg);
  $("min").value = filters.min || "";
  $("max").value = filters.max || "";
}

/* ---- one document ---- */
let opening, opened;
function select(i, quiet) {
  at = i;
  for (const [n, item] of [...$("list").children].entries()) item.setAttribute("aria-selected", n === i ? "true" : "false");
  if (i < 0) { $("list").removeAttribute("aria-activedescendant"); doc = null; emptyView(); return; }
  $("list").setAttribute("aria-activedescendant", "d" + i);
  $("d" + i).scrollIntoView({ block: "nearest" });
  opened = openDoc(answer.docs[i].n, quiet);
}
async function openDoc(n, quiet, all) {
  if (opening) opening.abort();
  opening = new AbortController();
  try {
    const d = await ask("doc?gen=" + answer.gen + "&n=" + n + (all ? "&all=1" : ""), { signal: opening.signal });
    doc = d;
    drawDoc();
    if (!quiet && !all) $("doc").scrollTop = 0;
  } catch (e) { complain(e); }
}
function emptyView() {
  $("view").replaceChildren(el("p", { class: "note" }, t("pick")));
  pressed("none");
}
function pressed(label) {
  $("good").setAttribute("aria-pressed", label === "good" ? "true" : "false");
  $("bad").setAttribute("aria-pressed", label === "bad" ? "true" : "false");
}
function drawDoc() {
  const d = doc;
  pressed(d.label);
  const hostile = /^https?:\/\//i.test(d.url || "");
  const parts = [el("h2", {}, d.title || d.url || d.id)];
  parts.push(el("p", { class: "address" }, hostile ? el("a", { href: d.url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...addressParts(d)) : d.url || ""));
  parts.push(verdict(d));
  if (filters.order === "near") parts.push(el("p", { class: "next" }, d.score !== undefined && d.score !== null ? whyNext(d) : t("whyUnscored")));
  parts.push(facts(d));
  const actions = el("div", { class: "actions" });
  if (d.survivor) actions.append(el("button", { type: "button", id: "compare", on: { click: compare } }, el("kbd", {}, "c"), " ", t("compare")));
  actions.append(el("button", { type: "button", id: "explain", on: { click: explain } }, el("kbd", {}, "e"), " ", t("explain")));
  parts.push(actions, el("div", { id: "more" }), el("div", { id: "text" }, ...textOf(d)));
  $("view").replaceChildren(...parts);
}
function addressParts(d) {
  const i = d.where === "url" && d.note ? d.url.toLowerCase().indexOf(d.note.toLowerCase()) : -1;
  if (i < 0) return [d.url];
  return [d.url.slice(0, i), el("mark", { class: "m-note" }, d.url.slice(i, i + d.note.length)), d.url.slice(i + d.note.length)];
}
function whyNext(d) {
  const limit = filters.limit ? +filters.limit : state.limit;
  return t("whyNext", { s: d.score.toFixed(3), d: Math.abs(d.score - limit).toFixed(3), l: short(limit) });
}
function verdict(d) {
  if (d.kept) return el("div", { class: "verdict kept" }, el("b", {}, t("keptIn", { f: d.file })));
  const box = el("div", { class: "verdict dropped" }, el("b", {}, t("droppedBy", { s: d.stage, r: d.rule })));
  if (d.verdict) box.append(el("span", { class: "measure" }, t("measured", { v: short(d.value || 0), l: short(d.limit || 0) })));
  if (d.note) box.append(el("p", {}, t("note", { n: d.note })));
  if (d.about) {
    const more = el("div", { class: "about", lang: "en" });
    if (d.about.rule) more.append(el("p", {}, el("code", {}, d.rule.split(".").pop()), " ", d.about.rule));
    if (d.about.step) more.append(el("p", {}, d.about.step));
    box.append(more);
    if (d.about.setting && !d.verdict) box.append(el("p", { class: "small" }, t("setting", { v: d.about.setting })));
  }
  const where = { note: "whereNote", repeat: "whereRepeat", line: "whereLine", whole: "whereWhole", page: "wherePage", url: "whereUrl" }[d.where];
  if (where) box.append(el("p", { class: "small" }, t(where)));
  return box;
}
function facts(d) {
  const out = [];
  const fact = (name, value) => { if (value) out.push(el("dt", {}, name), el("dd", {}, value)); };
  fact(t("id"), d.id);
  fact(t("languages"), d.lang ? d.lang + (d.script ? "-" + d.script : "") + (d.confidence ? " · " + t("sure", { p: Math.round(100 * d.confidence) }) : "") : "");
  fact(t("date"), d.date);
  fact(t("source"), d.source);
  fact(t("record"), d.record.file ? d.record.file + " @ " + d.record.offset : "");
  fact(t("score"), d.score !== undefined && d.score !== null ? d.score.toFixed(4) + (d.partial ? t("partial") : "") : "");
  fact(t("size"), t("bytes", { n: num(d.bytes) }));
  return el("dl", { class: "facts" }, ...out);
}
function segments(list) {
  return list.map((s) => {
    if (!s.k) return s.t;
    if (s.k === "cut" || s.k === "replaced") {
      const e = el("del", { class: s.k, title: s.r }, s.t, s.n ? el("small", {}, t("moreBytes", { n: num(s.n) })) : "");
      return s.to ? el("span", { class: "pair" }, e, el("ins", { title: t("replacedBy", { t: s.to }) }, s.to)) : e;
    }
    return el("mark", { class: "m-" + s.k, title: s.r }, s.t);
  });
}
function textOf(d) {
  const out = [];
  const cuts = d.segments.filter((s) => s.k === "cut" || s.k === "replaced").length;
  if (cuts) out.push(el("p", { class: "note" }, t("cutsMarked", { n: num(cuts) })));
  if (!d.whole) {
    out.push(el("p", { class: "note" }, t("beginning"), " ", state.recall ? el("button", { type: "button", id: "whole-text", on: { click: wholeText } }, el("kbd", {}, "f"), " ", t("readWhole")) : ""));
    if (d.error) out.push(el("p", { class: "error", role: "alert" }, t("notRead", { e: d.error }), d.hint ? el("br") : "", d.hint || "", d.stage === "dedup" ? " " + t("keepStages") : ""));
  } else if (d.from === "source" || d.from === "stages") out.push(el("p", { class: "note" }, t(d.from === "source" ? "fromSource" : "fromStages")));
  const some = d.segments.some((s) => s.t || s.n);
  out.push(some ? el("div", { class: "text", lang: d.lang || undefined }, ...segments(d.segments), d.whole ? "" : "…") : el("p", { class: "note" }, t("noText")));
  if (d.left) out.push(el("button", { type: "button", on: { click: () => openDoc(d.n, true, true) } }, t("showAll", { n: num(d.left) })));
  if (d.loose) out.push(el("h3", {}, t("looseCuts")), el("div", { class: "text" }, ...d.loose.flatMap((s) => [...segments([s]), el("br")])));
  return out;
}
async function wholeText() {
  await opened;
  if (!doc || doc.whole) return;
  const d = doc;
  const button = $("whole-text");
  if (button) { button.disabled = true; button.textContent = t("reading"); }
  if (opening) opening.abort();
  opening = new AbortController();
  try {
    const whole = await ask("text?gen=" + answer.gen + "&n=" + d.n, { signal: opening.signal });
    if (doc === d) { doc = whole; drawDoc(); }
  } catch (e) {
    if (e.name === "AbortError" || doc !== d) return;
    if (e.code) { complain(e); return; }
    doc.error = e.message;
    doc.hint = e.hint;
    drawDoc();
  }
}
async function compare() {
  await opened;
  if (!doc || !doc.survivor) return;
  const d = doc;
  try {
    const pair = await ask("survivor?gen=" + answer.gen + "&n=" + d.n);
    if (doc !== d) return;
    const side = (v, name) => el("section", {}, el("h3", {}, el("span", { class: "tag " + (v.kept ? "good" : "bad") }, t(name)), " ", v.title || v.url || v.id), el("p", { class: "url" }, v.url), el("div", { class: "text" }, ...segments(v.segments), v.left || !v.whole ? "…" : ""));
    $("more").replaceChildren(el("p", { class: "note" }, t("differs")), el("div", { class: "sides" }, side(pair.mine, "mine"), side(pair.other, "other")));
    $("text").hidden = true;
  } catch (e) { complain(e); }
}
async function explain() {
  await opened;
  if (!doc) return;
  const d = doc;
  try {
    const models = await ask("explain?gen=" + answer.gen + "&n=" + d.n);
    if (doc !== d) return;
    const box = $("more");
    box.replaceChildren();
    if (models.length === 0) box.append(el("p", { class: "note" }, t("noModels")));
    for (const m of models) {
      const top = Math.max(1e-9, ...m.features.map((f) => Math.abs(f.weight)));
      box.append(el("section", { class: "model" }, el("h3", {}, m.model + " (" + m.kind + "): " + m.score.toFixed(4), el("small", {}, " " + t("limit") + " " + short(m.limit))), el("p", { class: "note" }, t(m.features.length ? "features" : "noFeatures")),
        el("ol", { class: "features" }, ...m.features.map((f) => { const bar = el("i", { class: f.weight < 0 ? "bad" : "good" }); bar.style.width = (100 * Math.abs(f.weight)) / top + "%"; return el("li", {}, el("span", { class: "name" }, visible(f.feature || f.name)), el("span", { class: "track" }, bar), el("span", { class: "n" }, (f.weight > 0 ? "+" : "") + f.weight.toFixed(2))); })),
        el("details", {}, el("summary", {}, t("document")), el("div", { class: "text" }, ...segments(m.segments), m.left ? "…" : ""))));
    }
  } catch (e) { complain(e); }
}

// visible shows line breaks, and blanks that stand alone.
function visible(s) {
  s = s.replaceAll("\n", "↵").replaceAll("\t", "⇥");
  return s.trim() ? s : s.replaceAll(/\s/g, "␣");
}

/* ---- labels ---- */
let labelling = Promise.resolve();
// label labels what is shown: a key that comes before the text waits for it.
function label(word) {
  labelling = labelling.then(() => labelNow(word)).catch(complain);
  return labelling;
}
async function labelNow(word) {
  await opened;
  const item = answer && answer.docs[at];
  if (!item || !doc || doc.n !== item.n) return;
  const before = item.label || "none";
  if (before === word) { await advance(); return; }
  if (await write(item, word)) {
    last.push({ item, before, gen: answer.gen, page: from, i: at });
    toast(t("saved"));
    await advance();
  }
}
async function write(item, word) {
  try {
    state.labels = await ask("label", { body: { n: item.n, gen: answer.gen, label: word } });
  } catch (e) { complain(e); return false; }
  item.label = word;
  const i = answer.docs.indexOf(item);
  if (i >= 0 && $("d" + i)) $("d" + i).replaceWith(row(item, i));
  if (doc && doc.n === item.n) { doc.label = word; pressed(word); }
  $("good-count").textContent = num(state.labels.good);
  $("bad-count").textContent = num(state.labels.bad);
  for (const f of ["none", "good", "bad"]) if (!answer.labels.some((x) => x.name === f)) answer.labels.push({ name: f, docs: 0 });
  trainBox();
  return true;
}
async function advance() { if ($("advance").checked) await move(1); }
// undo waits for a label that is still on its way, so that it takes that one back.
function undo() {
  labelling = labelling.then(undoNow).catch(complain);
  return labelling;
}
async function undoNow() {
  const u = last.pop();
  if (!u) { toast(t("nothingToUndo")); return; }
  if (u.gen !== answer.gen) { toast(t("nothingToUndo")); last = []; return; }
  const there = answer.docs.find((d) => d.n === u.item.n) || u.item;
  if (await write(there, u.before)) {
    toast(t("undone"));
    const i = answer.docs.indexOf(there);
    if (i >= 0) select(i);
  }
}
async function move(step) {
  if (!answer) return;
  const to = at + step;
  if (to >= 0 && to < answer.docs.length) { select(to); return; }
  if (to >= answer.docs.length && answer.more) await turn(1);
  else if (to < 0 && from > 0) { await turn(-1); select(answer.docs.length - 1); }
}
async function turn(step) {
  const to = from + step * PAGE;
  if (to < 0 || (step > 0 && !(answer && answer.more))) return;
  from = to;
  await list();
}

/* ---- training ---- */
function trainBox() {
  if (!state || !$("train-box").open) return;
  const { good, bad } = state.labels, tr = state.train;
  const few = Math.min(good, bad) < 10;
  const meter = (n, cls) => { const i = el("i", { class: cls }); i.style.width = Math.min(100, 10 * n) + "%"; return el("span", { class: "track" }, i); };
  const chosen = $("kind") ? $("kind").value : state.kinds && state.kinds[0];
  const kinds = el("select", { id: "kind", "aria-label": t("kind") }, ...(state.kinds || []).map((k) => el("option", { value: k }, k)));
  kinds.value = chosen;
  const parts = [el("div", { class: "meters" }, el("span", {}, t("good") + " " + num(good)), meter(good, "good"), el("span", {}, t("bad") + " " + num(bad)), meter(bad, "bad")),
    el("p", { class: "note" }, t("labelled", { a: num(good + bad), n: num(state.docs) }) + " · " + t("labelsFile", { f: state.labels.file }))];
  if (few) parts.push(el("p", { class: "note", id: "need" }, t("need", { g: num(good), b: num(bad) })));
  if (state.kinds) parts.push(el("div", { class: "actions" }, kinds, el("button", { type: "button", id: "start-train", class: "main", disabled: tr.busy, on: { click: train } }, tr.busy ? t("training") : t("startTrain")), tr.busy || state.scoring.busy ? el("button", { type: "button", on: { click: () => ask("stop", { body: {} }).then(refreshState).catch(complain) } }, t("stop")) : ""));
  if (state.scoring.busy) parts.push(el("p", { class: "note" }, t("scoring", { p: percent(state.scoring) })));
  if (tr.error && !tr.busy) parts.push(el("p", { class: "error", role: "alert" }, tr.error, tr.hint ? el("br") : "", tr.hint || ""));
  if (tr.last && !tr.busy) parts.push(...outcome(tr));
  const others = state.models.filter((m) => m.name !== state.scored);
  if (others.length) parts.push(el("h3", {}, t("scores") + ": " + (state.scored || t("ownScores"))), el("div", { class: "actions" }, ...others.map((m) => el("button", { type: "button", on: { click: () => ask("score", { body: { model: m.name } }).then(refreshState).catch(complain) } }, t("scoreWith", { m: m.name })))));
  parts.push(el("div", { class: "actions" }, el("button", { type: "button", on: { click: () => save("labels") } }, t("exportLabels")), el("button", { type: "button", on: { click: () => save("texts") } }, t("exportTexts"))), el("p", { class: "note" }, t("exportNote")));
  const focused = document.activeElement && document.activeElement.id;
  $("train").replaceChildren(...parts);
  if (focused && $("train").contains($(focused))) $(focused).focus();
}
function outcome(tr) {
  const m = tr.last, [v, l, h] = m.auc;
  const out = [el("section", { class: "outcome", id: "outcome" }, el("p", { class: "auc" }, t("auc", { v: v.toFixed(3), l: l.toFixed(3), h: h.toFixed(3), g: num(m.held_out[0]), b: num(m.held_out[1]) })),
    el("p", { class: "note" }, m.kind + ": " + t("trained", { g: num(m.good), b: num(m.bad), s: t(m.split === "host" ? "byHost" : "byDocument") }) + (Math.min(...m.held_out) < 20 ? " " + t("few") : "")),
    el("h3", {}, t("calibration")),
    el("table", {}, el("thead", {}, el("tr", {}, ...["scoreRange", "docs", "meanScore", "goodShare"].map((k) => el("th", { scope: "col" }, t(k))))),
      el("tbody", {}, ...(m.calibrated || []).map((b) => el("tr", {}, el("td", {}, b.from.toFixed(1) + " – " + b.to.toFixed(1)), el("td", {}, num(b.docs)), el("td", {}, b.score.toFixed(2)), el("td", {}, b.good.toFixed(2)))))),
    tr.page ? el("button", { type: "button", on: { click: modelPage } }, t("modelPage")) : "", el("p", { class: "note" }, t("orderHint")))];
  if (tr.missing) out.push(el("p", { class: "note" }, t("missing", { n: num(tr.missing) })));
  if (tr.short) out.push(el("p", { class: "note" }, t("short", { n: num(tr.short) })));
  return out;
}
async function train() {
  try {
    await ask("train", { body: { kind: $("kind").value } });
    await refreshState();
  } catch (e) { complain(e); }
}
async function modelPage() {
  const tab = window.open("", "_blank");
  try {
    const { ticket } = await ask("ticket", { body: {} });
    const address = "model.html?ticket=" + encodeURIComponent(ticket);
    if (tab) tab.location = new URL(address, location.href); else location.assign(address);
  } catch (e) { if (tab) tab.close(); complain(e); }
}
async function save(what) {
  try {
    const blob = await ask("export?what=" + what, { raw: true });
    const a = el("a", { href: URL.createObjectURL(blob), download: what + ".jsonl" });
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 10000);
  } catch (e) { complain(e); }
}

/* ---- controls and keys ---- */
function pane(name) {
  document.body.dataset.pane = name;
  if (name === "doc") $("doc").focus({ preventScroll: true });
  if (name === "list") $("list").focus({ preventScroll: true });
}
function showTrain() { if (!$("train-box").open) $("train-box").showModal(); trainBox(); }
function showHelp() { if (!$("help-box").open) $("help-box").showModal(); }
function controls() {
  let wait;
  const later = (f) => () => { clearTimeout(wait); wait = setTimeout(f, 250); };
  $("search").value = filters.q || "";
  $("whole").checked = filters.whole === "1";
  $("limit").value = filters.limit || "";
  const searched = () => { const q = $("search").value.trim(); if (q !== (filters.q || "")) set({ q }); };
  $("find").addEventListener("submit", (e) => { e.preventDefault(); searched(); $("list").focus(); });
  $("search").addEventListener("input", later(searched));
  $("whole").addEventListener("change", () => set({ whole: $("whole").checked ? "1" : "" }));
  $("host-search").addEventListener("input", later(() => list(true)));
  for (const f of ["min", "max", "limit"]) $(f).addEventListener("change", () => set({ [f]: $(f).value }));
  $("order").addEventListener("change", () => set({ order: $("order").value, ...($("order").value === "near" && !filters.label ? { label: "none" } : {}) }));
  $("previous").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  $("good").addEventListener("click", () => label("good"));
  $("bad").addEventListener("click", () => label("bad"));
  $("undo").addEventListener("click", undo);
  $("open-train").addEventListener("click", showTrain);
  $("open-help").addEventListener("click", showHelp);
  $("lang").addEventListener("change", () => {
    lang = $("lang").value;
    localStorage.setItem("feilun-lang", lang);
    translate();
    refreshState().catch(complain);
    if (answer) { drawList(); drawFilters(); }
    if (doc) drawDoc(); else emptyView();
  });
  for (const b of document.querySelectorAll("[data-pane-to]")) b.addEventListener("click", () => pane(b.dataset.paneTo));
  addEventListener("keydown", onKey);
  addEventListener("focus", () => refreshState().catch(complain));
}
const KEYS = {
  j: () => move(1), k: () => move(-1), g: () => label("good"), b: () => label("bad"), u: undo, n: () => turn(1), p: () => turn(-1), f: wholeText, c: compare, e: explain, t: showTrain, "?": showHelp,
  "/": () => { pane("list"); $("search").focus(); $("search").select(); },
  Enter: () => pane("doc"),
  Escape: () => pane("list"),
};
function onKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  const target = e.target, tag = target.tagName;
  if ($("help-box").open || $("train-box").open) return;
  if (tag === "INPUT" && target.type !== "checkbox" || tag === "SELECT" || tag === "TEXTAREA") {
    if (e.key === "Escape") { target.blur(); $("list").focus(); e.preventDefault(); }
    return;
  }
  if (e.key === "Enter" && tag === "BUTTON") return;
  if ((e.key === "ArrowDown" || e.key === "ArrowUp") && !$("doc").contains(target)) {
    e.preventDefault();
    move(e.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (KEYS[e.key]) { e.preventDefault(); KEYS[e.key](); }
}
start();
