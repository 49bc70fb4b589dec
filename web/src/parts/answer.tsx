// An answer: what was searched, the sources, the text, and what went wrong.
import { useComputed } from "@preact/signals";
import { Component, type ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { number, t } from "../i18n.ts";
import { Markdown, type Around, type Range } from "../markdown/render.tsx";
import { again, ask, cell, errorText, fail, models } from "../store.ts";
import { go } from "../route.ts";
import type { Citation, Mark, Model, Stage } from "../types.ts";
import { Cite, Sources, Unsupported } from "./cite.tsx";
import { Icon } from "./icons.tsx";

export function AnswerBody({ id }: { id: string }) {
  const m = cell(id).value;
  const citations = useComputed(() => cell(id).value.citations).value;
  const marks = useComputed(() => cell(id).value.marks).value;
  const around = useMemo(() => surroundings(id, citations ?? [], marks ?? []), [id, citations, marks]);
  const open = m.state === "running";
  return (
    <>
      {m.kind === "extractive" && <p class="kind"><Icon name="books" />{t("kind.extractive")}</p>}
      {m.kind === "unanswered" && <p class="kind"><Icon name="search" />{t("kind.unanswered")}</p>}
      {m.edited && <p class="kind"><Icon name="edit" />{t("edited")}</p>}
      <Sources message={id} />
      {m.text ? <Guard text={m.text}><Markdown text={m.text} open={open} around={around} version={(citations ?? []).map((c) => c.n).join()} /></Guard> : open && !m.stages?.length && <p class="waiting"><span class="cursor" /></p>}
      <Ending id={id} />
    </>
  );
}

/** Shows the bare text where drawing it fails, so that a fault in one answer is not one of the page. */
class Guard extends Component<{ text: string; children: ComponentChildren }, { broken: boolean }> {
  state = { broken: false };
  static getDerivedStateFromError() { return { broken: true }; }
  render() { return this.state.broken ? <pre class="prose tex">{this.props.text}</pre> : this.props.children; }
}

function surroundings(id: string, citations: Citation[], marks: Mark[]): Around {
  const ranges: Range[] = [];
  for (const c of citations) {
    const same = ranges.find((r) => r.from === c.sentence?.[0] && r.to === c.sentence?.[1]);
    if (same) same.cites!.push(c.n);
    else if (c.sentence) ranges.push({ from: c.sentence[0], to: c.sentence[1], class: "cited", cites: [c.n] });
  }
  for (const m of marks) ranges.push({ from: m.from, to: m.to, class: m.why, note: t(`mark.${m.why}`) });
  return {
    ranges,
    cite: (n, key) => (citations.some((c) => c.n === n) ? <Cite key={key} message={id} n={n} /> : undefined),
    unsupported: (children, r, first, last) => <Unsupported key={`${r.from}-${first}`} message={id} note={r.note!} first={first} last={last}>{children}</Unsupported>,
  };
}

/** What is being done for an answer, and, when it is there, what was done. */
export function Stages({ id }: { id: string }) {
  const m = cell(id).value;
  const s = m.stages ?? [], last = s[s.length - 1];
  if (m.state !== "running") return null;
  if (m.lost) return <span class="stages bad"><Icon name="warn" />{t("stage.lost")}</span>;
  if (!last || (last.stage === "write" && m.text)) return null;
  const query = s.findLast((x) => x.query)?.query, found = s.findLast((x) => x.found !== undefined)?.found;
  return (
    <span class="stages">
      <span class="stage-now">{stage(last)}</span>
      {query && <q>{query}</q>}
      {found !== undefined && <span class="dim">{t("stage.found", { n: found })}</span>}
    </span>
  );
}

function stage(s: Stage): string {
  if (s.stage === "queue") return s.position ? t("stage.queue", { n: s.position }) : t("stage.queue.some");
  return t(`stage.${s.stage}`);
}

/** Why an answer ended, where it did not simply end, and what can be done. */
function Ending({ id }: { id: string }) {
  const m = cell(id).value;
  const goOn = () => ask(t("continue.question"), id, undefined, false).catch(fail);
  const retry = () => m.parent && again(m.parent);
  const notice = (text: string, bad: boolean, ...buttons: [string, () => void][]) => (
    <div class={`notice ${bad ? "bad" : ""}`} role="group" aria-label={text}>
      <p>{bad && <Icon name="warn" />}{text}</p>
      {!m.side && buttons.map(([name, run]) => <button key={name} type="button" onClick={run}>{name}</button>)}
    </div>
  );
  switch (m.state) {
    case "stopped": return notice(t("ended.stopped"), false, [t("continue"), goOn]);
    case "interrupted": return notice(t("ended.interrupted"), true, [t("continue"), goOn], [t("try.again"), retry]);
    case "error":
      if (m.error?.code === "context_full") {
        const quotes = m.mode !== "plain" && m.parent ? models.value.find((x) => x.kind === "extractive" && x.id !== m.model) : undefined;
        const instead: [string, () => void][] = quotes ? [[t("again.with", { model: nameOf(quotes) }), () => again(m.parent!, { model: quotes.id })]] : [];
        if (!cell(m.parent ?? "").value.parent) return notice(t("error.context_first"), true, ...instead); // a new chat would not help
        return notice(t("error.context_full"), true, ...instead, [t("new.chat"), () => go("#/")]);
      }
      return notice(errorText(m.error?.code), true, [t("try.again"), retry]);
    case "done": return m.finish === "length" ? notice(t("ended.length"), false, [t("continue"), goOn]) : null;
    default: return null;
  }
}

/** How an answer came about. */
export function Facts({ id }: { id: string }) {
  const m = cell(id).value;
  const p = Object.entries(m.params ?? {}).filter(([, v]) => v !== undefined && v !== "").map(([k, v]) => `${k} ${Array.isArray(v) ? v.join(", ") : v}`);
  const facts: [string, string | undefined][] = [
    [t("fact.model"), m.model], [t("fact.mode"), m.mode && t(`mode.${m.mode}`)], [t("fact.kind"), m.kind && t(`fact.kind.${m.kind}`)],
    [t("fact.tokens"), m.tokens && t("fact.tokens.value", { prompt: m.tokens.prompt, completion: m.tokens.completion })],
    [t("fact.time"), m.ms === undefined ? undefined : t("fact.seconds", { s: number(m.ms / 1000, m.ms < 1000 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 1 }) })],
    [t("fact.speed"), m.ms && m.tokens?.completion ? t("fact.speed.value", { s: number(m.tokens.completion / (m.ms / 1000), { maximumFractionDigits: 1 }) }) : undefined],
    [t("fact.seed"), m.seed === undefined ? undefined : String(m.seed)], [t("fact.params"), p.join(" · ") || undefined],
    [t("fact.support"), m.citations?.length ? t("fact.support.value", { n: m.citations.length, s: number(m.citations.reduce((a, c) => a + c.support, 0) / m.citations.length, { style: "percent" }) }) : undefined],
  ];
  return <dl class="facts">{facts.map(([k, v]) => v && <><dt>{k}</dt><dd>{v}</dd></>)}</dl>;
}

/** The name of a model, as people know it. */
export function modelName(id: string | undefined): string {
  const m = models.value.find((x) => x.id === id);
  return m ? nameOf(m) : (id ?? "");
}

export const nameOf = (m: Model) => (m.kind === "extractive" ? t("model.quotes") : m.name);
