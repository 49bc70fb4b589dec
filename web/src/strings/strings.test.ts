import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { catalogues, match } from "../i18n.ts";

const sources = (dir: string): string[] => readdirSync(dir).flatMap((f) => (statSync(join(dir, f)).isDirectory() ? sources(join(dir, f)) : /\.tsx?$/.test(f) && !f.includes(".test.") ? [join(dir, f)] : []));
const code = sources("src").map((f) => readFileSync(f, "utf8")).join("\n");
const { en, ...others } = catalogues;
const holes = (s: string) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join();

test("every language has every key, with the same holes, in order", () => {
  const keys = Object.keys(en).filter((k) => !k.endsWith(".one"));
  for (const [name, c] of Object.entries(others)) {
    assert.deepEqual(Object.keys(c), keys, name);
    for (const k of keys) assert.equal(holes(c[k]), holes(en[k]), `${name} ${k}`);
  }
});

test("every key that the code names exists, and every key is named", () => {
  const named = [...code.matchAll(/\bt\("([\w.]+)"/g)].map((m) => m[1]);
  for (const k of named) assert.ok(k in en, `no words for ${k}`);
  const literal = new Set([...code.matchAll(/"([a-z][\w.]*)"/g)].map((m) => m[1]));
  const families = [...code.matchAll(/`([^`]*?)\$\{[^`]*`/g)].map((m) => m[1]).filter((s) => /^[a-z.]+\.$/.test(s));
  for (const k of Object.keys(en)) {
    const base = k.replace(/\.one$/, "");
    const made = families.some((f) => base.startsWith(f)) || /^(login|join|setup)\.(title|text|token|go)$/.test(base) || /^kind\.\w+\.short$/.test(base);
    assert.ok(literal.has(base) || named.includes(base) || made, `${k} is used nowhere`);
  }
});

test("languages of browsers", () => {
  for (const [wish, want] of [["zh", "zh-CN"], ["zh-Hans-SG", "zh-CN"], ["zh-HK", "zh-TW"], ["zh-Hant", "zh-TW"], ["en-GB", "en"], ["de", "en"]]) assert.equal(match(wish), want);
});
