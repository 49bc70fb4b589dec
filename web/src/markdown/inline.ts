// The inside of a paragraph: emphasis, code, links, maths, citations. Linear in the length of the text.
import { at, type Text } from "./blocks.ts";

export type Inline =
  | { t: "text"; s: string; from: number } // from: in the source
  | { t: "code"; s: string }
  | { t: "em" | "strong" | "del"; kids: Inline[] }
  | { t: "link"; href: string; kids: Inline[] }
  | { t: "image"; href: string; alt: string }
  | { t: "math"; s: string; display: boolean }
  | { t: "cite"; n: number; s: string; from: number }
  | { t: "br" };

interface Mark { i: number; c: string; n: number; open: boolean; close: boolean } // a run of * _ or ~ in nodes[i]

const space = (c: string) => c === "" || /\s/.test(c);
const punctuation = (c: string) => /[\p{P}\p{S}]/u.test(c);
const han = (c: string) => /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u.test(c);

/** A link's address, when it is one that may be followed: http and https alone. */
export function address(s: string): string | undefined {
  if (!/^https?:\/\//i.test(s) || /[\s\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\\]/.test(s)) return;
  try {
    const u = new URL(s);
    return (u.protocol === "http:" || u.protocol === "https:") && u.host && !u.username && !u.password ? u.href : undefined;
  } catch {
    return;
  }
}

/** Parses a text; open means that more may come: what is unfinished at its end is shown as if it were closed there. */
export function inline(text: Text, open = false): Inline[] {
  return new Parser(text, open).run();
}

class Parser {
  private nodes: Inline[] = [];
  private marks: Mark[] = [];
  private brackets: { i: number; pos: number; image: boolean }[] = [];
  private pos = 0;
  private start = 0; // of text that is not yet a node
  private never = new Map<string, number>(); // closers that do not come after a position
  private s: string;
  private text: Text;
  private open: boolean;

  constructor(text: Text, open: boolean) {
    this.text = text;
    this.s = open ? text.s.replace(/[*_~`]+$/, "") : text.s;
    this.open = open;
  }

  run(): Inline[] {
    const special = /[\\`*_~[\]!$<\nhH]/g;
    while (this.pos < this.s.length) {
      special.lastIndex = this.pos;
      const m = special.exec(this.s);
      if (!m) break;
      this.pos = m.index;
      if (!this.step(m[0])) this.pos++;
    }
    this.flush(this.s.length);
    this.emphasise(0, 0, this.open);
    return tidy(this.nodes);
  }

  private flush(to: number) {
    if (to > this.start) this.nodes.push({ t: "text", s: this.s.slice(this.start, to), from: at(this.text, this.start) });
    this.start = to;
  }

  private put(n: Inline, end: number): true {
    this.flush(this.pos);
    this.nodes.push(n);
    this.pos = this.start = end;
    return true;
  }

  /** Where a closer stands after a position, or -1; asks each closer's absence once. */
  private find(closer: string, from: number): number {
    const none = this.never.get(closer);
    if (none !== undefined && from >= none) return -1;
    const i = this.s.indexOf(closer, from);
    if (i < 0) this.never.set(closer, from);
    return i;
  }

  private step(c: string): boolean {
    switch (c) {
      case "\\": return this.escape();
      case "`": return this.code();
      case "*": case "_": case "~": return this.emphasisRun(c);
      case "$": return this.dollar();
      case "!": return this.s[this.pos + 1] === "[" && this.bracket(true);
      case "[": return this.cite() || this.bracket(false);
      case "]": return this.close();
      case "<": return this.auto();
      case "\n": return this.line();
      default: return this.bare();
    }
  }

  private escape(): boolean {
    const c = this.s[this.pos + 1] ?? "";
    if (c === "(" || c === "[") {
      const end = this.find(c === "(" ? "\\)" : "\\]", this.pos + 2);
      if (end > 0) return this.put({ t: "math", s: this.s.slice(this.pos + 2, end).trim(), display: c === "[" }, end + 2);
    }
    if (c === "\n") return this.put({ t: "br" }, this.pos + 2);
    if (!/[!-/:-@[-`{-~]/.test(c)) return false;
    this.flush(this.pos);
    this.start = this.pos + 1;
    this.pos += 2;
    return true;
  }

  private code(): boolean {
    let n = 1;
    while (this.s[this.pos + n] === "`") n++;
    const ticks = "`".repeat(n);
    let end = this.find(ticks, this.pos + n);
    while (end > 0 && this.s[end + n] === "`") { // a longer run closes nothing
      let k = end + n;
      while (this.s[k] === "`") k++;
      end = this.find(ticks, k);
    }
    if (end < 0) {
      if (this.open) return this.put({ t: "code", s: this.s.slice(this.pos + n) }, this.s.length);
      this.pos += n;
      return true;
    }
    let s = this.s.slice(this.pos + n, end).replace(/\n/g, " ");
    if (s.startsWith(" ") && s.endsWith(" ") && s.trim()) s = s.slice(1, -1);
    return this.put({ t: "code", s }, end + n);
  }

  /** A run of emphasis marks. Han letters count as spaces do, so that **重点：**后文 is bold. */
  private emphasisRun(c: string): boolean {
    let n = 1;
    while (this.s[this.pos + n] === c) n++;
    const before = this.pos ? this.s[this.pos - 1] : "", after = this.s[this.pos + n] ?? "";
    const left = !space(after) && (!punctuation(after) || space(before) || punctuation(before) || han(before));
    const right = !space(before) && (!punctuation(before) || space(after) || punctuation(after) || han(after));
    const word = c === "_";
    const mark = { c, n, open: left && (!word || !right || punctuation(before)), close: right && (!word || !left || punctuation(after)) };
    if (c === "~" && n !== 2) mark.open = mark.close = false;
    this.flush(this.pos);
    this.nodes.push({ t: "text", s: c.repeat(n), from: at(this.text, this.pos) });
    this.marks.push({ ...mark, i: this.nodes.length - 1 });
    this.pos = this.start = this.pos + n;
    return true;
  }

  private dollar(): boolean {
    const two = this.s[this.pos + 1] === "$", mark = two ? "$$" : "$", n = mark.length;
    const first = this.s[this.pos + n] ?? "";
    if (space(first) && !two) return false;
    let end = this.find(mark, this.pos + n);
    while (end > 0 && this.s[end - 1] === "\\") end = this.find(mark, end + 1);
    // Prices are no maths: "$5 and $6".
    if (end < 0 || end === this.pos + n || (!two && (space(this.s[end - 1]) || /\d/.test(this.s[end + 1] ?? "")))) {
      this.pos += n;
      return true;
    }
    return this.put({ t: "math", s: this.s.slice(this.pos + n, end).trim(), display: two }, end + n);
  }

  private cite(): boolean {
    const m = /^\[(\d{1,3})\](?!\()/.exec(this.s.slice(this.pos, this.pos + 6));
    return !!m && this.put({ t: "cite", n: Number(m[1]), s: m[0], from: at(this.text, this.pos) }, this.pos + m[0].length);
  }

  private bracket(image: boolean): true {
    const n = image ? 2 : 1;
    this.flush(this.pos);
    this.nodes.push({ t: "text", s: image ? "![" : "[", from: at(this.text, this.pos) });
    this.brackets.push({ i: this.nodes.length - 1, pos: this.pos, image });
    this.pos = this.start = this.pos + n;
    return true;
  }

  private close(): boolean {
    const b = this.brackets.pop();
    if (!b || this.s[this.pos + 1] !== "(") return false;
    const m = /^\(\s*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))*))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/.exec(this.s.slice(this.pos + 1, this.pos + 3000));
    if (!m) {
      const cut = this.open && this.find(")", this.pos) < 0 && this.find("\n", this.pos) < 0;
      if (!cut) return false;
    }
    this.flush(this.pos);
    let k = this.marks.length;
    while (k && this.marks[k - 1].i > b.i) k--;
    this.emphasise(b.i + 1, k);
    const kids = tidy(this.nodes.splice(b.i).slice(1));
    const href = m ? (m[1] ?? m[2] ?? "") : "";
    if (b.image) this.nodes.push({ t: "image", href, alt: kids.map(plain).join("") });
    else {
      this.brackets.length = 0; // no link inside a link
      this.nodes.push({ t: "link", href, kids });
    }
    this.pos = this.start = m ? this.pos + 1 + m[0].length : this.s.length;
    return true;
  }

  private auto(): boolean {
    const m = /^<(https?:\/\/[^\s<>]{1,2000})>/i.exec(this.s.slice(this.pos, this.pos + 2010));
    if (m) return this.put({ t: "link", href: m[1], kids: [{ t: "text", s: m[1], from: at(this.text, this.pos + 1) }] }, this.pos + m[0].length);
    const br = /^<br\s*\/?>/i.exec(this.s.slice(this.pos, this.pos + 10));
    return !!br && this.put({ t: "br" }, this.pos + br[0].length);
  }

  private line(): boolean {
    const hard = /(?: {2,})$/.exec(this.s.slice(Math.max(this.start, this.pos - 20), this.pos));
    if (!hard) {
      this.flush(this.pos + 1); // the next line may stand elsewhere in the source
      return false;
    }
    this.pos -= hard[0].length;
    return this.put({ t: "br" }, this.pos + hard[0].length + 1);
  }

  private bare(): boolean {
    if (this.pos && /[\p{L}\p{N}_]/u.test(this.s[this.pos - 1]) && !han(this.s[this.pos - 1])) return false;
    const m = /^https?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef\p{Script=Han}]{1,2000}/iu.exec(this.s.slice(this.pos, this.pos + 2010));
    if (!m) return false;
    let url = m[0].replace(/[.,:;!?*_~]+$/, "");
    while (url.endsWith(")") && url.split("(").length < url.split(")").length) url = url.slice(0, -1);
    url = url.replace(/[\]}]+$/, "");
    return this.put({ t: "link", href: url, kids: [{ t: "text", s: url, from: at(this.text, this.pos) }] }, this.pos + url.length);
  }

  /** Pairs the marks from number k on, in the nodes from i on: CommonMark's process, closers from left to right. */
  private emphasise(i: number, k: number, end = false) {
    const marks = this.marks.splice(k).filter((m) => m.i >= i);
    const stack: Mark[] = [];
    const spans: { from: number; to: number; t: "em" | "strong" | "del"; }[] = [];
    for (const m of marks) {
      while (m.close && m.n) {
        let j = stack.length - 1;
        while (j >= 0 && !(stack[j].c === m.c && stack[j].n && (m.c !== "~" || stack[j].n >= 2))) j--;
        if (j < 0) break;
        const o = stack[j], n = o.n >= 2 && m.n >= 2 ? 2 : 1;
        stack.length = j + 1;
        o.n -= n;
        m.n -= n;
        spans.push({ from: o.i, to: m.i, t: m.c === "~" ? "del" : n === 2 ? "strong" : "em" });
        if (!o.n) stack.pop();
      }
      if (m.open && m.n && stack.length < 100) stack.push(m);
    }
    for (const o of end ? stack.reverse() : []) { // what is still to be closed
      if (o.c === "_" || o.n > 2) continue;
      spans.push({ from: o.i, to: this.nodes.length, t: o.c === "~" ? "del" : o.n === 2 ? "strong" : "em" });
      o.n = 0;
    }
    for (const m of marks) {
      const node = this.nodes[m.i];
      if (node?.t === "text") node.s = m.c.repeat(m.n);
    }
    if (spans.length) this.nodes.splice(i, this.nodes.length - i, ...nest(this.nodes, spans, i));
  }
}

/** Puts nodes into the spans around them. Spans are nested, inner ones first in the list. */
function nest(nodes: Inline[], spans: { from: number; to: number; t: "em" | "strong" | "del" }[], i: number): Inline[] {
  const opens = new Map<number, typeof spans>(), closes = new Map<number, number>();
  for (const s of spans) {
    opens.set(s.from, [...(opens.get(s.from) ?? []), s]);
    closes.set(s.to, (closes.get(s.to) ?? 0) + 1);
  }
  const stack: Inline[][] = [[]];
  for (let k = i; k < nodes.length; k++) {
    for (let n = closes.get(k) ?? 0; n > 0; n--) stack.pop();
    stack[stack.length - 1].push(nodes[k]);
    for (const s of (opens.get(k) ?? []).reverse()) {
      const kids: Inline[] = [];
      stack[stack.length - 1].push({ t: s.t, kids });
      stack.push(kids);
    }
  }
  return stack[0];
}

function tidy(nodes: Inline[]): Inline[] {
  return nodes.filter((n) => n.t !== "text" || n.s);
}

/** The text of a node without its form. */
export function plain(n: Inline): string {
  switch (n.t) {
    case "text": case "code": case "math": case "cite": return n.s;
    case "br": return "\n";
    case "image": return n.alt;
    default: return n.kids.map(plain).join("");
  }
}
