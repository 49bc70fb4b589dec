// Colours for code: a light cut into comments, strings, numbers, keywords and names before a bracket. It does not understand
// programs; it never takes longer than one pass.

export type Piece = [kind: "" | "c" | "s" | "n" | "k" | "f" | "t", text: string];

/** Longer code stays plain: a page full of elements would be slow. */
export const maxCode = 30_000;

const words = (s: string) => new Set(s.split(" "));
interface Language { comment: string; string: string; keywords: Set<string>; fold?: boolean; markup?: boolean }

const slashes = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`, hash = String.raw`#[^\n]*`, dashes = String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const quotes = String.raw`"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?`, ticks = "|`(?:\\\\[\\s\\S]|[^`\\\\])*`?";
const triple = String.raw`[rbfuRBFU]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)`;

const c = "auto bool break case char class const constexpr continue default delete do double else enum extern false float for goto if inline int long namespace new null nullptr operator override private protected public return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while";
const languages: Record<string, Language> = {
  js: { comment: slashes, string: quotes + ticks, keywords: words("abstract any as async await boolean break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in instanceof interface keyof let new null number of private protected public readonly return satisfies set static string super switch this throw true try type typeof undefined unknown var void while with yield") },
  go: { comment: slashes, string: quotes + ticks, keywords: words("any bool break byte case chan const continue default defer else error fallthrough false float64 for func go goto if import int int64 interface map nil package range return rune select string struct switch true type uint8 var") },
  py: { comment: hash, string: triple, keywords: words("and as assert async await break class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield") },
  rust: { comment: slashes, string: String.raw`"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\\n])'`, keywords: words("as async await bool break const continue crate dyn else enum extern f64 false fn for i32 i64 if impl in let loop match mod move mut pub ref return self Self static str String struct super trait true type u8 u32 u64 unsafe use usize where while") },
  c: { comment: slashes, string: quotes, keywords: words(c) },
  java: { comment: slashes, string: quotes, keywords: words("abstract assert boolean break byte case catch char class const continue data default do double else enum extends false final finally float for fun if implements import in instanceof int interface internal is let long native new null object open override package private protected public record return sealed short static string String super switch this throw throws true try val var void volatile when while using namespace foreach async await") },
  sh: { comment: String.raw`(?<![\w$\{])#[^\n]*`, string: String.raw`"(?:\\[\s\S]|[^"\\])*"?|'[^']*'?`, keywords: words("case cd do done echo elif else esac exit export fi for function if in local return set shift source then until while sudo") },
  sql: { comment: dashes, string: String.raw`'(?:''|[^'])*'?`, fold: true, keywords: words("all alter and as asc begin between by case commit create default delete desc distinct drop else end exists foreign from full group having if in index inner insert integer into is join key left like limit not null on or order outer primary references right select set table text then union unique update values view when where with") },
  json: { comment: slashes, string: quotes, keywords: words("true false null") },
  yaml: { comment: String.raw`(?<!\S)#[^\n]*`, string: quotes, keywords: words("true false null yes no") },
  css: { comment: slashes, string: quotes, keywords: words("and important media not only supports from to") },
  html: { comment: String.raw`<!--[\s\S]*?(?:-->|$)`, string: quotes, keywords: words(""), markup: true },
};

const names: Record<string, string> = {
  javascript: "js", typescript: "js", ts: "js", jsx: "js", tsx: "js", mjs: "js", golang: "go", python: "py", python3: "py", rs: "rust", "c++": "c", cpp: "c",
  h: "c", hpp: "c", cc: "c", cuda: "c", kotlin: "java", kt: "java", csharp: "java", "c#": "java", cs: "java", scala: "java", swift: "java", dart: "java", php: "java",
  bash: "sh", shell: "sh", zsh: "sh", console: "sh", dockerfile: "sh", makefile: "sh", sqlite: "sql", mysql: "sql", postgresql: "sql", jsonc: "json", json5: "json",
  yml: "yaml", toml: "yaml", ini: "yaml", scss: "css", less: "css", xml: "html", svg: "html", vue: "html", ruby: "py", rb: "py", r: "py", lua: "sql", julia: "py",
};

/** Cuts code into pieces; an unknown language gives one. The pieces joined are the code. */
export function highlight(code: string, lang: string): Piece[] {
  const l = languages[names[lang] ?? lang];
  if (!l || code.length > maxCode) return [["", code]];
  const number = String.raw`\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\b`;
  const name = l.markup ? String.raw`(?<=<\/?)[A-Za-z][\w:-]*|[A-Za-z_:@][\w:.-]*(?==)` : String.raw`[A-Za-z_$][\w$]*`;
  const all = new RegExp(`(${l.comment})|(${l.string})|(${number})|(${name})`, "g");
  const out: Piece[] = [];
  let from = 0;
  const push = (kind: Piece[0], s: string) => {
    const last = out[out.length - 1];
    if (!s) return;
    if (last && last[0] === kind) last[1] += s;
    else out.push([kind, s]);
  };
  for (const m of code.matchAll(all)) {
    push("", code.slice(from, m.index));
    from = m.index + m[0].length;
    if (m[1] !== undefined) push("c", m[1]);
    else if (m[2] !== undefined) push("s", m[2]);
    else if (m[3] !== undefined) push("n", m[3]);
    else if (l.markup) push(code[from] === "=" ? "f" : "t", m[0]);
    else if (l.keywords.has(l.fold ? m[0].toLowerCase() : m[0])) push("k", m[0]);
    else push(code[from] === "(" ? "f" : "", m[0]);
  }
  push("", code.slice(from));
  return out;
}
