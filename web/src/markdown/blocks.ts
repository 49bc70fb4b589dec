// Markdown as models write it, cut into blocks. Every block of the top level can be parsed on its own, so a growing text costs
// only its last block. There is no HTML, no reference link and no indented code: what looks like them is text.

/** A text of several lines, with where its parts come from: pairs of position here and position in the source. */
export interface Text { s: string; map: number[] }

export type Align = "" | "left" | "center" | "right";
export interface Item { kids: Block[]; task?: boolean }
export type Block = { start: number; end: number } & (
  | { t: "p"; text: Text }
  | { t: "h"; level: number; text: Text }
  | { t: "code"; lang: string; s: string; closed: boolean }
  | { t: "math"; s: string; closed: boolean }
  | { t: "quote"; kids: Block[] }
  | { t: "list"; ordered: boolean; first: number; tight: boolean; items: Item[] }
  | { t: "table"; align: Align[]; head: Text[]; rows: Text[][] }
  | { t: "hr" }
);

interface Line { s: string; at: number }

const maxDepth = 8; // nested quotes and lists; deeper ones are text
const maxMaths = 100; // lines of one formula

/** Where position i of a text stands in the source. */
export function at(t: Text, i: number): number {
  let lo = 0, hi = t.map.length / 2 - 1; // the last pair at or before i
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (t.map[2 * mid] <= i) lo = mid;
    else hi = mid - 1;
  }
  return t.map[2 * lo + 1] + i - t.map[2 * lo];
}

/** The blocks of text from a position on, which has to be a block's start. */
export function parse(text: string, from = 0): Block[] {
  const lines: Line[] = [];
  for (let i = from; i < text.length; ) {
    let end = text.indexOf("\n", i);
    if (end < 0) end = text.length;
    lines.push({ s: text.slice(i, end).replace(/\r$/, ""), at: i });
    i = end + 1;
  }
  return blocks(lines, 0);
}

const fence = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const heading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const bullet = /^( {0,3})([-*+]|\d{1,9}[.)])(?:[ \t]+|$)/;
const quoted = /^ {0,3}> ?/;
const blank = (s: string) => !s.trim();
const indent = (s: string) => {
  let n = 0;
  for (const c of s) {
    if (c === " ") n++;
    else if (c === "\t") n += 4 - (n % 4);
    else break;
  }
  return n;
};

function mathOpen(s: string): string {
  const t = s.trim();
  return t.startsWith("$$") ? "$$" : t.startsWith("\\[") ? "\\]" : "";
}

/** Whether a line ends the paragraph before it. */
function interrupts(l: Line, depth: number): boolean {
  if (fence.test(l.s) || rule.test(l.s) || mathOpen(l.s)) return true;
  if (heading.test(l.s)) return true;
  if (depth >= maxDepth) return false;
  if (quoted.test(l.s)) return true;
  const m = bullet.exec(l.s);
  return !!m && m[0].length < l.s.length && (m[2].length === 1 || /^1[.)]$/.test(m[2]));
}

function blocks(lines: Line[], depth: number): Block[] {
  const out: Block[] = [];
  let i = 0;
  const add = (b: Block, next: number) => {
    const last = lines[next - 1];
    b.start = lines[i].at;
    b.end = last.at + last.s.length;
    out.push(b);
    i = next;
  };
  while (i < lines.length) {
    const l = lines[i];
    let m: RegExpExecArray | null;
    if (blank(l.s)) i++;
    else if ((m = fence.exec(l.s))) add(...code(lines, i, m));
    else if (mathOpen(l.s) && maths(lines, i)) add(...maths(lines, i)!);
    else if ((m = heading.exec(l.s))) add({ t: "h", level: m[1].length, text: one(l, l.s.indexOf("#") + m[1].length, m[2] ?? ""), start: 0, end: 0 }, i + 1);
    else if (rule.test(l.s)) add({ t: "hr", start: 0, end: 0 }, i + 1);
    else if (depth < maxDepth && quoted.test(l.s)) add(...quote(lines, i, depth));
    else if (depth < maxDepth && (m = bullet.exec(l.s))) add(...list(lines, i, depth));
    else if (isTable(lines, i)) add(...table(lines, i));
    else add(...paragraph(lines, i, depth));
  }
  return out;
}

type Found = [Block, number];

function one(l: Line, after: number, s: string): Text {
  return { s, map: [0, l.at + (s ? l.s.indexOf(s, after) : after)] };
}

function join(lines: Line[]): Text {
  let s = "";
  const map: number[] = [];
  lines.forEach((l, k) => {
    const lead = l.s.length - l.s.trimStart().length;
    map.push(s.length, l.at + lead);
    const last = k === lines.length - 1;
    s += last ? l.s.trim() : l.s.slice(lead) + "\n";
  });
  return { s, map };
}

function code(lines: Line[], i: number, m: RegExpExecArray): Found {
  const mark = m[1], pad = indent(lines[i].s);
  const body: string[] = [];
  let k = i + 1, closed = false;
  for (; k < lines.length; k++) {
    const t = lines[k].s.trim();
    if (t.length >= mark.length && t === mark[0].repeat(t.length) && indent(lines[k].s) < 4) {
      closed = true;
      k++;
      break;
    }
    body.push(lines[k].s.slice(Math.min(pad, indent(lines[k].s))));
  }
  return [{ t: "code", lang: m[2].trim().split(/\s/)[0].toLowerCase().slice(0, 30), s: body.join("\n"), closed, start: 0, end: 0 }, k];
}

/** Display maths between $$ and $$ or \[ and \]; a blank line or text behind the end means that it was none. */
function maths(lines: Line[], i: number): Found | undefined {
  const close = mathOpen(lines[i].s);
  let rest = lines[i].s.trim().slice(2);
  const body: string[] = [];
  for (let k = i; k < lines.length; k++) {
    if (k > i) rest = lines[k].s;
    const end = rest.indexOf(close);
    if (end >= 0) {
      if (!blank(rest.slice(end + 2).replace(/[.,;。，；]/, ""))) return;
      body.push(rest.slice(0, end));
      return [{ t: "math", s: body.join("\n").trim(), closed: true, start: 0, end: 0 }, k + 1];
    }
    if (k > i && ((blank(rest) && k < lines.length - 1) || k - i > maxMaths)) return;
    body.push(rest);
  }
  return [{ t: "math", s: body.join("\n").trim(), closed: false, start: 0, end: 0 }, lines.length];
}

function quote(lines: Line[], i: number, depth: number): Found {
  const inner: Line[] = [];
  let k = i;
  for (; k < lines.length; k++) {
    const m = quoted.exec(lines[k].s);
    if (m) inner.push({ s: lines[k].s.slice(m[0].length), at: lines[k].at + m[0].length });
    else if (blank(lines[k].s) || interrupts(lines[k], depth)) break;
    else inner.push(lines[k]); // a lazy line
  }
  return [{ t: "quote", kids: blocks(inner, depth + 1), start: 0, end: 0 }, k];
}

function list(lines: Line[], i: number, depth: number): Found {
  const first = bullet.exec(lines[i].s)!;
  const kind = first[2].slice(-1), ordered = first[2].length > 1;
  const items: Item[] = [];
  let k = i, tight = true;
  while (k < lines.length) {
    const m = bullet.exec(lines[k].s);
    if (!m || m[2].slice(-1) !== kind || m[2].length > 1 !== ordered || rule.test(lines[k].s)) break;
    const [inner, next, loose] = item(lines, k, m, depth);
    let task: boolean | undefined;
    const box = /^\[([ xX])\] /.exec(inner[0].s);
    if (box) {
      task = box[1] !== " ";
      inner[0] = { s: inner[0].s.slice(4), at: inner[0].at + 4 };
    }
    items.push({ kids: blocks(inner, depth + 1), task });
    k = next;
    let after = k;
    while (after < lines.length && blank(lines[after].s)) after++;
    const more = after < lines.length ? bullet.exec(lines[after].s) : null;
    const goesOn = !!more && more[2].slice(-1) === kind && more[2].length > 1 === ordered && !rule.test(lines[after].s);
    if (loose || (goesOn && after > k)) tight = false;
    if (!goesOn) break;
    k = after;
  }
  return [{ t: "list", ordered, first: ordered ? parseInt(first[2], 10) : 1, tight, items, start: 0, end: 0 }, k];
}

/** The lines of an item without their indent, the line after it, and whether blank lines part its blocks. */
function item(lines: Line[], i: number, m: RegExpExecArray, depth: number): [Line[], number, boolean] {
  const width = m[0].length > m[1].length + m[2].length + 4 ? m[1].length + m[2].length + 1 : m[0].length;
  // Models indent what belongs to an item by less than the rule wants: two columns beyond the bullet are enough.
  const need = Math.min(width, m[1].length + 2);
  const inner: Line[] = [{ s: lines[i].s.slice(width), at: lines[i].at + Math.min(width, lines[i].s.length) }];
  let k = i + 1, gap = false, loose = false;
  for (; k < lines.length; k++) {
    const l = lines[k];
    if (blank(l.s)) {
      gap = true;
      inner.push({ s: "", at: l.at });
      continue;
    }
    const n = indent(l.s);
    if (n >= need) {
      const cut = Math.min(width, l.s.length - l.s.trimStart().length);
      if (gap) loose = loose || !bullet.test(l.s.slice(cut));
      inner.push({ s: l.s.slice(cut), at: l.at + cut });
    } else if (gap || bullet.test(l.s) || interrupts(l, depth)) break;
    else inner.push(l); // a lazy line
    gap = false;
  }
  while (inner.length > 1 && blank(inner[inner.length - 1].s)) {
    inner.pop();
    k--;
  }
  return [inner, k, loose];
}

const delimiter = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

function isTable(lines: Line[], i: number): boolean {
  return i + 1 < lines.length && lines[i].s.includes("|") && lines[i + 1].s.includes("-") && delimiter.test(lines[i + 1].s)
    && cells(lines[i]).length === cells(lines[i + 1]).length;
}

function cells(l: Line): Text[] {
  const out: Text[] = [];
  const s = l.s;
  let from = s.length - s.trimStart().length, tick = false;
  if (s[from] === "|") from++;
  const end = s.trimEnd().length;
  const push = (to: number) => {
    const raw = s.slice(from, to), lead = raw.length - raw.trimStart().length;
    out.push({ s: raw.trim(), map: [0, l.at + from + lead] });
  };
  for (let i = from; i < end; i++) {
    if (s[i] === "\\") i++;
    else if (s[i] === "`") tick = !tick && s.indexOf("`", i + 1) > 0;
    else if (s[i] === "|" && !tick) {
      push(i);
      from = i + 1;
    }
  }
  if (from < end) push(end);
  return out;
}

function table(lines: Line[], i: number): Found {
  const head = cells(lines[i]);
  const align = cells(lines[i + 1]).map((c): Align =>
    c.s.endsWith(":") ? (c.s.startsWith(":") ? "center" : "right") : c.s.startsWith(":") ? "left" : "");
  const rows: Text[][] = [];
  let k = i + 2;
  for (; k < lines.length && !blank(lines[k].s) && lines[k].s.includes("|"); k++) rows.push(cells(lines[k]).slice(0, head.length));
  return [{ t: "table", align, head, rows, start: 0, end: 0 }, k];
}

function paragraph(lines: Line[], i: number, depth: number): Found {
  let k = i + 1;
  while (k < lines.length && !blank(lines[k].s) && !interrupts(lines[k], depth) && !isTable(lines, k)) k++;
  return [{ t: "p", text: join(lines.slice(i, k)), start: 0, end: 0 }, k];
}

/** The blocks of a text that grows: after every update they are those of parse, and finished ones stay the same objects. */
export class Growing {
  private text = "";
  private list: Block[] = [];
  update(text: string): Block[] {
    if (text === this.text) return this.list;
    let keep = 0;
    if (text.startsWith(this.text)) while (keep + 1 < this.list.length && this.settled(this.list[keep + 1])) keep++;
    const from = keep ? this.list[keep].start : 0;
    this.list = [...this.list.slice(0, keep), ...parse(text, from)];
    this.text = text;
    return this.list;
  }

  /** Whether a block surely starts where it does. Until the lines that say so are complete, they may turn out to go on with the one before. */
  private settled(b: Block): boolean {
    const line = this.text.indexOf("\n", b.start);
    return line >= 0 && (b.t !== "table" || this.text.indexOf("\n", line + 1) >= 0);
  }
}

/** The part of an unfinished text that can be shown: a last line of nothing but marks may still become anything. */
export function settle(text: string): string {
  const line = text.lastIndexOf("\n") + 1;
  return /^[ \t>]*(?:#{1,6}|[-*+_=]+|\d{1,9}[.)]?|`+\w*|~+|\|?[-:| \t]+|\$\$?)?[ \t]*$/.test(text.slice(line)) ? text.slice(0, line) : text;
}
