// Blocks as elements of the page. Nothing of a text becomes HTML: every element is made here, by name.
import { createContext } from "preact";
import { memo } from "preact/compat";
import { useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { CopyButton, IconButton } from "../parts/basics.tsx";
import { t } from "../i18n.ts";
import { Growing, settle, type Align, type Block, type Text } from "./blocks.ts";
import { highlight } from "./highlight.ts";
import { address, inline, plain, type Inline } from "./inline.ts";

/** A part of the source that is more than text: a sentence that is cited or marked. */
export interface Range { from: number; to: number; class: string; note?: string; cites?: number[] }
export interface Around {
  ranges: Range[];
  /** The element for [n], or nothing where n is no citation. */
  cite?: (n: number, key: string) => ComponentChildren | undefined;
  unsupported?: (children: ComponentChildren, range: Range, first: boolean, last: boolean) => ComponentChildren;
}

const Context = createContext<{ around: Around; open: boolean }>({ around: { ranges: [] }, open: false });

const Top = memo(({ block, around, open }: { block: Block; around: Around; open: boolean; sign: string }) => (
  <Context.Provider value={{ around, open }}><BlockView block={block} tight={false} /></Context.Provider>
), (a, b) => a.block === b.block && a.sign === b.sign && a.open === b.open);

/** Shows a text. While it is open, only its last block is parsed and drawn anew. */
export function Markdown({ text, open, around, version }: { text: string; open: boolean; around: Around; version: string }) {
  const growing = useRef<Growing | undefined>(undefined);
  growing.current ??= new Growing();
  const blocks = growing.current.update(open ? settle(text) : text);
  return (
    <div class={open ? "prose open" : "prose"} dir="auto">
      {blocks.map((b, i) => <Top key={i} block={b} around={around} open={open && i === blocks.length - 1} sign={sign(b, around, version)} />)}
    </div>
  );
}

/** What of the surroundings of a block is drawn in it. */
function sign(b: Block, around: Around, version: string): string {
  let s = version;
  for (const r of around.ranges) if (r.from < b.end && r.to > b.start) s += `|${r.from}-${r.to}${r.class}`;
  return s;
}

function BlockView({ block: b, tight }: { block: Block; tight: boolean }) {
  switch (b.t) {
    case "p": return tight ? <Words text={b.text} /> : <p><Words text={b.text} /></p>;
    case "h": {
      const H = `h${Math.min(6, b.level + 2)}` as "h3"; // the page has the first two
      return <H class={`h${b.level}`}><Words text={b.text} /></H>;
    }
    case "hr": return <hr />;
    case "code": return <Code code={b.s} lang={b.lang} closed={b.closed} />;
    case "math": return b.closed ? <Maths tex={b.s} display /> : <pre class="tex">{b.s}</pre>;
    case "quote": return <blockquote dir="auto">{b.kids.map((k, i) => <BlockView key={i} block={k} tight={false} />)}</blockquote>;
    case "list": {
      const items = b.items.map((item, i) => (
        <li key={i} class={item.task === undefined ? undefined : "task"}>
          {item.task !== undefined && <input type="checkbox" checked={item.task} disabled aria-label={t(item.task ? "task.done" : "task.open")} />}
          {item.kids.map((k, j) => <BlockView key={j} block={k} tight={b.tight} />)}
        </li>
      ));
      return b.ordered ? <ol start={b.first} dir="auto">{items}</ol> : <ul dir="auto">{items}</ul>;
    }
    case "table": return <Table align={b.align} head={b.head} rows={b.rows} />;
  }
}

function Table({ align, head, rows }: { align: Align[]; head: Text[]; rows: Text[][] }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t("table")}>
      <table>
        <thead><tr>{head.map((c, i) => <th key={i} scope="col" class={align[i]}><Words text={c} /></th>)}</tr></thead>
        <tbody>{rows.map((r, i) => <tr key={i}>{head.map((_, j) => <td key={j} class={align[j]}>{r[j] && <Words text={r[j]} />}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

const maxOpen = 6000; // characters of a block that is being written that are coloured anew with every frame

function Code({ code, lang, closed }: { code: string; lang: string; closed: boolean }) {
  const { open } = useContext(Context);
  const [wrap, setWrap] = useState(false);
  const pieces = useMemo(() => (open && !closed && code.length > maxOpen ? ([["", code]] as ReturnType<typeof highlight>) : highlight(code, lang)), [code, lang, open && !closed]);
  return (
    <figure class="code">
      <figcaption>
        <span class="lang">{lang || t("code")}</span>
        <IconButton icon="wrap" label={t("code.wrap")} pressed={wrap} onClick={() => setWrap(!wrap)} />
        <CopyButton text={() => code} label={t("code.copy")} />
      </figcaption>
      <pre class={wrap ? "wrap" : ""} tabIndex={0} role="region" aria-label={t("code.region", { lang: lang || t("code") })}><code>{pieces.map(([kind, s], i) => (kind ? <span key={i} class={`k-${kind}`}>{s}</span> : s))}</code></pre>
    </figure>
  );
}

const maxTex = 4000; // characters of a formula; longer ones stay text

function Maths({ tex, display }: { tex: string; display: boolean }) {
  const at = useRef<HTMLElement>(null);
  useEffect(() => {
    const el = at.current!;
    let live = true;
    el.textContent = tex;
    if (tex.length <= maxTex) {
      import("./maths.ts").then((m) => {
        if (live) m.render(tex, el, display);
      }).catch(() => { /* stays text */ });
    }
    return () => { live = false; };
  }, [tex, display]);
  const C = display ? "div" : "span";
  return <C ref={at as never} class={display ? "maths display" : "maths"} tabIndex={display ? 0 : undefined} role={display ? "region" : undefined} aria-label={display ? t("formula") : undefined} />;
}

function Words({ text }: { text: Text }) {
  const { around, open } = useContext(Context);
  return <>{nodes(inline(text, open), around, "")}</>;
}

function nodes(list: Inline[], around: Around, key: string): ComponentChildren[] {
  return list.map((n, i) => {
    const k = `${key}${i}`;
    switch (n.t) {
      // A chip stays on the line of the word before it.
      case "text": return pieces(list[i + 1]?.t === "cite" && around.cite ? n.s.replace(/ $/, "\u00a0") : n.s, n.from, around, k);
      case "cite": return around.cite?.(n.n, k) ?? pieces(n.s, n.from, around, k);
      case "code": return <code key={k}>{n.s}</code>;
      case "math": return <Maths key={k} tex={n.s} display={n.display} />;
      case "br": return <br key={k} />;
      case "em": return <em key={k}>{nodes(n.kids, around, k + ".")}</em>;
      case "strong": return <strong key={k}>{nodes(n.kids, around, k + ".")}</strong>;
      case "del": return <del key={k}>{nodes(n.kids, around, k + ".")}</del>;
      case "link": return <Link key={k} href={n.href} bare={n.kids.length === 1 && plain(n.kids[0]) === n.href}>{nodes(n.kids, around, k + ".")}</Link>;
      // Images are never loaded: their address could carry away what the conversation says.
      case "image": return <Link key={k} href={n.href} image>{n.alt}</Link>;
    }
  });
}

/** A link that tells where it goes; one that is not http or https is shown as text. */
function Link({ href, image, bare, children }: { href: string; image?: boolean; bare?: boolean; children: ComponentChildren }) {
  const to = address(href);
  const name = image ? <><span class="image-note">{t("image")}</span>{children || t("image.nameless")}</> : children;
  if (!to) return <span class="dead-link">{name}</span>;
  const host = new URL(to).host;
  return <a href={to} target="_blank" rel="noopener noreferrer nofollow ugc" title={to}>{name}{!bare && <span class="host">{host}</span>}</a>;
}

/** A text cut where sentences that are cited or marked start and end. */
function pieces(s: string, from: number, around: Around, key: string): ComponentChildren {
  const end = from + s.length;
  const hits = around.ranges.filter((r) => r.from < end && r.to > from);
  if (!hits.length) return s;
  const cuts = [...new Set([from, end, ...hits.flatMap((r) => [r.from, r.to]).filter((x) => x > from && x < end)])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((a, i) => {
    const b = cuts[i + 1], part = s.slice(a - from, b - from);
    let out: ComponentChildren = part;
    for (const r of hits) {
      if (r.from > a || r.to < b) continue;
      if (r.note !== undefined && around.unsupported) out = around.unsupported(out, r, r.from === a, r.to === b);
      else out = <span key={`${key}/${i}`} class={r.class} data-cites={r.cites?.join(" ")}>{out}</span>;
    }
    return out;
  });
}
