// Citations: numbered chips, and the card that shows the passage each stands for.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post } from "../api.ts";
import { date, t } from "../i18n.ts";
import { say } from "../say.ts";
import { cell, fail, shown } from "../store.ts";
import type { Citation, Source, Span } from "../types.ts";
import { address } from "../markdown/inline.ts";
import { Dialog, Field, Popup } from "./basics.tsx";
import { Icon } from "./icons.tsx";

interface Card { el: HTMLElement; pinned: boolean; message: string; n?: number; note?: string }
const card = signal<Card | null>(null);
let timer: ReturnType<typeof setTimeout>;

function open(c: Card, wait = 0) {
  clearTimeout(timer);
  timer = setTimeout(() => { card.value = c; }, wait);
}

function leave() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!card.peek()?.pinned) card.value = null;
  }, 220);
}

/** Hovering and focus show a card; a click, a tap or Enter keeps it and goes into it. */
const handlers = (message: string, rest: { n?: number; note?: string }) => ({
  onPointerEnter: (e: PointerEvent) => { if (e.pointerType === "mouse" && !card.peek()?.pinned) open({ el: e.currentTarget as HTMLElement, pinned: false, message, ...rest }, 140); },
  onPointerLeave: leave,
  onFocus: (e: FocusEvent) => { if ((e.currentTarget as HTMLElement).matches(":focus-visible") && !card.peek()) open({ el: e.currentTarget as HTMLElement, pinned: false, message, ...rest }); },
  onBlur: leave,
  onClick: (e: Event) => {
    const el = e.currentTarget as HTMLElement, now = card.peek();
    if (now?.pinned && now.el === el) card.value = null;
    else open({ el, pinned: true, message, ...rest });
  },
});

export function Cite({ message, n }: { message: string; n: number }) {
  const m = cell(message).value;
  const c = m.citations?.find((x) => x.n === n), s = c && m.sources?.[c.source - 1];
  return (
    <button type="button" class="cite" data-n={n} aria-haspopup="dialog" aria-label={t("cite.label", { num: String(n), title: s?.title ?? "" })} {...handlers(message, { n })}
      onMouseEnter={() => light(message, n, true)} onMouseLeave={() => light(message, n, false)}>{n}</button>
  );
}

/** Shades the sentence that a citation supports. */
function light(message: string, n: number, on: boolean) {
  for (const el of document.querySelectorAll(`[data-message="${CSS.escape(message)}"] [data-cites~="${n}"]`)) el.classList.toggle("lit", on);
}

/** A sentence that no source supports. */
export function Unsupported({ message, note, first, last, children }: { message: string; note: string; first: boolean; last: boolean; children: preact.ComponentChildren }) {
  if (!first) return <span class="unsupported">{children}{last && <span class="sr-only"> ({t("mark.short")})</span>}</span>;
  return <span class="unsupported" role="button" tabIndex={0} aria-haspopup="dialog" onKeyDown={(e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); e.currentTarget.click(); } }} {...handlers(message, { note })}>{children}{last && <span class="sr-only"> ({t("mark.short")})</span>}</span>;
}

/** The card of whatever chip is pointed at; one for the page. */
export function CitationCard() {
  const now = card.value;
  const [report, setReport] = useState<{ message: string; n: number } | null>(null);
  const place = shown.value[0];
  useEffect(() => { card.value = null; }, [place]); // another chat
  return (
    <>
      {now && (
        <Popup key={`${now.message}/${now.n ?? now.note}/${now.pinned}`} anchor={now.el} onClose={() => { card.value = null; }} label={now.note ? t("mark.title") : t("cite.card", { num: String(now.n) })} class="card" focus={now.pinned}
          onPointerEnter={() => clearTimeout(timer)} onPointerLeave={leave}>
          {now.note ? <div class="card-note"><h3><Icon name="warn" />{t("mark.title")}</h3><p>{now.note}</p></div>
            : <Passage message={now.message} n={now.n!} report={() => { card.value = null; setReport({ message: now.message, n: now.n! }); }} />}
        </Popup>
      )}
      {report && <Report {...report} onClose={() => setReport(null)} />}
    </>
  );
}

const spans = new Map<string, Promise<Span>>();

export function span(version: string, start: number, end: number): Promise<Span> {
  const q = new URLSearchParams({ version, start: String(start), end: String(end) }).toString();
  let p = spans.get(q);
  if (!p) {
    p = get<Span>(`/api/spans?${q}`);
    p.catch(() => spans.delete(q));
    spans.set(q, p);
    if (spans.size > 200) spans.delete(spans.keys().next().value!);
  }
  return p;
}

const stored = (s: Source, c: Citation) => `/source/${encodeURIComponent(s.version)}?${new URLSearchParams({ start: String(c.start), end: String(c.end) })}`;

function Passage({ message, n, report }: { message: string; n: number; report: () => void }) {
  const m = cell(message).value;
  const c = m.citations?.find((x) => x.n === n), s = c && m.sources?.[c.source - 1];
  const [found, set] = useState<Span | null>(null);
  const [missing, setMissing] = useState(false);
  const mark = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!c || !s) return;
    let live = true;
    span(s.version, c.start, c.end).then((x) => live && set(x), () => live && setMissing(true));
    return () => { live = false; };
  }, [s?.version, c?.start, c?.end]);
  useEffect(() => { mark.current?.scrollIntoView({ block: "nearest" }); }, [found]);
  if (!c || !s) return <p class="card-note">{t("cite.gone")}</p>;
  const to = address(s.url);
  const differs = found && found.text !== c.quote;
  return (
    <>
      <header>
        <h3>{s.title || s.host || s.doc}</h3>
        <p class="dim"><span class="card-host">{s.host}</span>{s.date && <time dateTime={s.date}>{date(s.date)}</time>}</p>
      </header>
      <blockquote class="passage" tabIndex={0}>
        {found?.before && <span class="surrounding">…{found.before}</span>}<mark ref={mark}>{found ? found.text : c.quote}</mark>{found?.after && <span class="surrounding">{found.after}…</span>}
      </blockquote>
      {(missing || differs) && <p class="warning"><Icon name="warn" />{t(missing ? "cite.missing" : "cite.differs")}</p>}
      <footer>
        <a href={stored(s, c)} target="_blank" rel="noopener"><Icon name="books" />{t("cite.stored")}</a>
        {to && <a href={to} target="_blank" rel="noopener noreferrer"><Icon name="open" />{t("cite.page")}</a>}
        <button type="button" class="link" onClick={report}><Icon name="flag" />{t("cite.report")}</button>
      </footer>
    </>
  );
}

const whys = ["wrong_source", "not_said", "outdated", "other"] as const;

function Report({ message, n, onClose }: { message: string; n: number; onClose: () => void }) {
  const [why, setWhy] = useState<string>("");
  const [text, setText] = useState("");
  const submit = async (e: Event) => {
    e.preventDefault();
    try {
      await post(`/api/messages/${message}/report`, { n, why, text: text || undefined });
      onClose();
      say(t("report.thanks"));
    } catch (e) {
      fail(e);
    }
  };
  return (
    <Dialog title={t("report.title", { num: String(n) })} onClose={onClose} class="small">
      <form onSubmit={submit}>
        <fieldset class="radios"><legend>{t("report.why")}</legend>
          {whys.map((w) => <label key={w}><input type="radio" name="why" value={w} required checked={why === w} onChange={() => setWhy(w)} />{t(`report.${w}`)}</label>)}
        </fieldset>
        <Field label={t("optional.text")}><textarea rows={3} dir="auto" value={text} onInput={(e) => setText(e.currentTarget.value)} /></Field>
        <div class="buttons"><button type="button" onClick={onClose}>{t("cancel")}</button><button class="main">{t("send.report")}</button></div>
      </form>
    </Dialog>
  );
}

/** What tells pages of one title apart. */
function path(url: string): string {
  try {
    const u = new URL(url);
    return decodeURI(u.pathname + u.search);
  } catch {
    return "";
  }
}

/** The pages an answer was read from, with the numbers that stand for them. */
export function Sources({ message }: { message: string }) {
  const m = cell(message).value;
  const [all, setAll] = useState(false);
  if (!m.sources?.length) return null;
  const numbers = m.sources.map((_, i) => (m.citations ?? []).filter((c) => c.source === i + 1).map((c) => c.n));
  const order = m.sources.map((_, i) => i).sort((a, b) => (numbers[a][0] ?? 1e9) - (numbers[b][0] ?? 1e9) || a - b);
  const alike = (s: Source) => m.sources!.filter((x) => x.title === s.title && x.host === s.host).length > 1;
  const cut = all ? order : order.slice(0, 4);
  return (
    <section class="sources" aria-label={t("sources")}>
      <ol>
        {cut.map((i) => {
          const s = m.sources![i], ns = numbers[i], to = address(s.url) ?? `/source/${encodeURIComponent(s.version)}`;
          return (
            <li key={i} class={ns.length ? "" : "unused"}>
              <span class="source-numbers">{ns.length ? ns.slice(0, 3).map((n) => <Cite key={n} message={message} n={n} />) : <span class="unused-dot" title={t("source.unused")} />}{ns.length > 3 && <span class="dim">+{ns.length - 3}</span>}</span>
              <a href={to} target="_blank" rel="noopener noreferrer" title={`${s.title}\n${to}`}><span class="source-title">{s.title || s.host || s.doc}</span><span class="source-host">{s.host ? s.host + (alike(s) ? path(s.url) : "") : t("cite.stored")}</span></a>
            </li>
          );
        })}
        {order.length > 4 && <li class="more"><button type="button" aria-expanded={all} onClick={() => setAll(!all)}>{all ? t("fewer") : t("sources.more", { n: order.length - 4 })}</button></li>}
      </ol>
    </section>
  );
}
