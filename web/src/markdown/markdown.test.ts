import assert from "node:assert/strict";
import { test } from "node:test";
import { at, Growing, parse, type Block } from "./blocks.ts";
import { highlight } from "./highlight.ts";
import { address, inline, plain, type Inline } from "./inline.ts";

const form = (nodes: Inline[]): string =>
  nodes.map((n) => {
    switch (n.t) {
      case "text": return n.s;
      case "code": return `<code>${n.s}</code>`;
      case "link": return `<a ${n.href}>${form(n.kids)}</a>`;
      case "image": return `<img ${n.href} ${n.alt}>`;
      case "math": return `<math${n.display ? " block" : ""}>${n.s}</math>`;
      case "cite": return `<${n.n}>`;
      case "br": return "<br>";
      default: return `<${n.t}>${form(n.kids)}</${n.t}>`;
    }
  }).join("");
const line = (s: string, open = false) => form(inline({ s, map: [0, 0] }, open));

test("inline forms", () => {
  for (const [s, want] of [
    ["a *b* **c** ~~d~~ `e*f*`", "a <em>b</em> <strong>c</strong> <del>d</del> <code>e*f*</code>"],
    ["***both***", "<em><strong>both</strong></em>"],
    ["**重点：**后文", "<strong>重点：</strong>后文"],
    ["snake_case_name and 2*3*4 x", "snake_case_name and 2<em>3</em>4 x"],
    ["3 * 4 * 5", "3 * 4 * 5"],
    ["[a](https://b.example/c_(d)) e", "<a https://b.example/c_(d)>a</a> e"],
    ["![x](https://evil.example/?q=1)", "<img https://evil.example/?q=1 x>"],
    ["see https://a.example/b. Then", "see <a https://a.example/b>https://a.example/b</a>. Then"],
    ["见https://a.example/b，然后", "见<a https://a.example/b>https://a.example/b</a>，然后"],
    ["said [1][2] and [x]", "said <1><2> and [x]"],
    ["[1](https://a.example)", "<a https://a.example>1</a>"],
    ["$x^2$ costs $5 and $6", "<math>x^2</math> costs $5 and $6"],
    ["\\(a\\) \\[b\\] \\* c", "<math>a</math> <math block>b</math> * c"],
    ["<script>alert(1)</script>", "<script>alert(1)</script>"],
    ["a  \nb", "a<br>b"],
    ["[**b** c](https://d.example)", "<a https://d.example><strong>b</strong> c</a>"],
    ["`` a`b ``", "<code>a`b</code>"],
  ] as const) assert.equal(line(s), want, s);
});

test("the end of a text that still comes", () => {
  for (const [s, want] of [
    ["a **bo", "a <strong>bo</strong>"],
    ["a **", "a "],
    ["a **b**", "a <strong>b</strong>"],
    ["`co", "<code>co</code>"],
    ["see [a](https://b.exa", "see <a >a</a>"],
    ["2 < 3 and [x", "2 < 3 and [x"],
  ] as const) assert.equal(line(s, true), want, s);
});

test("blocks", () => {
  const kinds = (s: string) => parse(s).map((b) => b.t).join(" ");
  for (const [s, want] of [
    ["# a\ntext\n- b\n- c\n\n1. d\n", "h p list list"],
    ["a | b\n--|--\n1 | 2\n\n> q\n> r\n\n---\n", "table quote hr"],
    ["```go\nx := 1\n\n```\nafter", "code p"],
    ["$$\nx\n$$\n\\[ y \\]", "math math"],
    ["$$ a $$ b", "p"],
    ["#hashtag", "p"],
    ["text\n#", "p h"],
  ] as const) assert.equal(kinds(s), want, s);
  const [l] = parse("1. a\n   - b\n   - c\n\n   more\n2. d");
  assert.equal(l.t, "list");
  if (l.t === "list") {
    assert.equal(l.items.length, 2);
    assert.equal(l.items[0].kids.map((b) => b.t).join(" "), "p list p");
    assert.equal(l.tight, false);
  }
});

const samples = [
  "# Title\n\nSome *text* with `code` and\na second line.\n\n- one\n- two\n  - inner\n\n  more of two\n- three\n\n1. x\n2. y\n\nEnd.",
  "a\nb | c\n---|---\n1 | 2\nnot a row\n\n| p | q |\n|:-:|--:|\n| `a|b` | \\| |\n",
  "Before\n```python\ndef f():\n    return '#'\n\n~~~\n```\nAfter\n~~~\nopen",
  "> quote\n> - a\nlazy\n\n> again\n\n***\n---\nx\n---\ny",
  "$$\na = b\n$$\n\ntext $$ c $$ d\n\\[\nx\n\\]\n$$ open\n\nnone",
  "text\n#hash\n# head\n#\n- \n-\n1.\n1. \n10. z\n+ p\n* q\n*r*\n",
  "中文段落。\n**重点：**内容 [1]。\n\n* 项目\n\n\n* 又一项\n    * 深\n\n  段\n\n结尾",
  "| a |\n| - |\n| b |\nx\ny | z\n- | -x\n-|-\n",
  "\r\n\r\na\r\nb\r\n\r\n- c\r\n\r\n  d\r\n",
];

test("incremental parse = whole parse, at every character", () => {
  for (const s of samples) {
    const g = new Growing();
    for (let i = 0; i <= s.length; i++) {
      assert.deepEqual(g.update(s.slice(0, i)), parse(s.slice(0, i)), JSON.stringify(s.slice(0, i)));
    }
  }
});

test("incremental parse = whole parse, on drawn texts", () => {
  let seed = 7;
  const draw = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const parts = ["\n", "\n\n", "- ", "1. ", "# ", "> ", "```", "~~~", "$$", "\\[", "\\]", "|", "---", "-|-", "a", "b c", "  ", "    ", "*", "中", "[1]", "2. ", "\t", "`"];
  for (let k = 0; k < 3000; k++) {
    let s = "";
    const g = new Growing();
    for (let i = 0; i < 25; i++) {
      s += parts[draw(parts.length)];
      assert.deepEqual(g.update(s), parse(s), JSON.stringify(s));
    }
  }
});

test("finished blocks stay the same objects", () => {
  const g = new Growing();
  const first = g.update("one\n\ntwo\n\nthr")[0];
  assert.equal(g.update("one\n\ntwo\n\nthree and\n\nfour")[0], first);
});

test("texts know where they come from", () => {
  const visit = (bs: Block[], s: string): void => {
    for (const b of bs) {
      const texts = b.t === "p" || b.t === "h" ? [b.text] : b.t === "table" ? [...b.head, ...b.rows.flat()] : [];
      for (const t of texts) for (const n of inline(t)) {
        if (n.t === "text" || n.t === "cite") assert.equal(s.slice(n.from, n.from + Math.min(n.s.length, n.s.indexOf("\n") < 0 ? 1e9 : n.s.indexOf("\n"))), n.s.split("\n")[0], JSON.stringify(n));
      }
      if (b.t === "quote") visit(b.kids, s);
      if (b.t === "list") b.items.forEach((i) => visit(i.kids, s));
    }
  };
  for (const s of samples) visit(parse(s), s);
  const [p] = parse("- a\n  second [1]");
  if (p.t === "list" && p.items[0].kids[0].t === "p") assert.equal(at(p.items[0].kids[0].text, 2), 6);
});

test("no letter is lost, whatever the marks", () => {
  let seed = 11;
  const draw = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const parts = ["*", "**", "_", "~~", "`", "``", " ", "\n", "a", "b", "中", "文", "，", "!", "]", "x1", "- ", "> ", "# "];
  for (let k = 0; k < 20_000; k++) {
    let s = "";
    for (let i = 0; i < 20; i++) s += parts[draw(parts.length)];
    for (const open of [false, true]) {
      const got = inline({ s, map: [0, 0] }, open).map(plain).join("");
      assert.equal(got.replace(/[^a-z0-9中文]/g, ""), s.replace(/[^a-z0-9中文]/g, ""), JSON.stringify(s));
    }
  }
});

test("addresses", () => {
  for (const s of ["javascript:alert(1)", "data:text/html,x", "//a.example", "/x", "https://user:pw@a.example/", "http://a b", "https:\\\\a.example", "vbscript:x", "https://a\u202e.example"]) assert.equal(address(s), undefined, s);
  assert.equal(address("HTTPS://A.example/x"), "https://a.example/x");
});

test("hostile texts take no time", () => {
  for (const s of ["[", "![", "*", "_a ", "`", "$", "$ ", "[a](", "**a ", "> ", "- ", "\\[\n", "$$\n", "|", "<", "http://", "[1]", "*a_", "\\(", "`` ` ", "a|b\n-|-\n"]) {
    const t = s.repeat(20_000), start = performance.now();
    const visit = (bs: Block[]): void => bs.forEach((b) => {
      if (b.t === "p" || b.t === "h") inline(b.text).map(plain);
      if (b.t === "quote") visit(b.kids);
      if (b.t === "list") b.items.forEach((i) => visit(i.kids));
    });
    visit(parse(t));
    const took = performance.now() - start;
    if (took > 300) console.log(`slow: ${JSON.stringify(s)} ${Math.round(took)} ms`);
    assert.ok(took < 20_000, `${s}: ${took} ms`);
  }
});

test("highlighting keeps every character", () => {
  for (const [lang, s] of [["go", "func main() { // hi\n\tx := \"a\\\"b\" + `c`\n}"], ["py", "def f(x):\n  '''doc'''\n  return 1.5 # é"], ["html", "<a href=\"x\">b</a><!-- c -->"], ["sh", "echo $HOME \"a b\" # c"], ["nope", "x"], ["js", "`open ${"]]) {
    assert.equal(highlight(s, lang).map((p) => p[1]).join(""), s);
  }
  assert.deepEqual(highlight("return f(1)", "go").map((p) => p[0]), ["k", "", "f", "", "n", ""]);
  assert.equal(highlight("x".repeat(40_000), "go").length, 1);
});
