import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { backoff, EventParser } from "./events.ts";
import { language, languages } from "./i18n.ts";
import { sends } from "./ime.ts";
import { deed, whom } from "./pages/deeds.ts";
import { parse } from "./route.ts";
import { leaf, pair, path, siblings, tree, type Node } from "./tree.ts";

const n = (id: string, parent?: string, more: Partial<Node> = {}): Node => ({ id, parent, role: id.startsWith("q") ? "user" : "assistant", ...more });

test("paths, leaves and siblings", () => {
  const t = tree([n("a1"), n("a2", "a1"), n("a3", "a2"), n("a4", "a3"), n("a5", "a1"), n("a6", "a5"), n("b1")]);
  assert.deepEqual(path(t, "a4"), ["a1", "a2", "a3", "a4"]);
  assert.deepEqual(path(t), ["b1"]);
  assert.deepEqual(path(t, "gone"), ["b1"]);
  assert.equal(leaf(t, "a1"), "a6");
  assert.equal(leaf(t, "a2"), "a4");
  assert.deepEqual(siblings(t, "a5"), ["a2", "a5"]);
  assert.deepEqual(siblings(t, "a1"), ["a1", "b1"]);
  assert.deepEqual(path(tree([])), []);
});

test("broken trees hide nothing and end", () => {
  assert.deepEqual(path(tree([n("x", "missing")])), ["x"]);
  const t = tree([n("x", "y"), n("y", "x")]);
  assert.deepEqual(path(t, "x").sort(), ["x", "y"]);
});

test("blind pairs", () => {
  const t = tree([n("q"), n("r1", "q", { model: "m" }), n("r2", "q", { side: "b" }), n("r3", "q", { side: "a" })]);
  assert.deepEqual(pair(t, "r2"), ["r3", "r2"]);
  assert.equal(pair(t, "r1"), undefined);
  assert.equal(pair(tree([n("q"), n("r2", "q", { side: "b", model: "m" }), n("r3", "q", { side: "a", model: "m" })]), "r2"), undefined);
});

test("events survive any cut", () => {
  const s = ": ping\n\nid: 1\nevent: text\ndata: {\"text\":\"a\"}\n\nid:2\r\nevent: text\r\ndata: x\r\ndata: y\r\n\r\nevent: done\ndata: {}\n\n";
  for (let step = 1; step < 9; step++) {
    const p = new EventParser(), out = [];
    for (let i = 0; i < s.length; i += step) out.push(...p.push(s.slice(i, i + step)));
    assert.deepEqual(out, [{ id: 1, event: "text", data: '{"text":"a"}' }, { id: 2, event: "text", data: "x\ny" }, { id: 0, event: "done", data: "{}" }], `step ${step}`);
  }
});

test("backing off", () => {
  assert.equal(backoff(0, 1), 300);
  assert.equal(backoff(20, 1), 10_000);
  assert.ok(backoff(3, 0) < backoff(3, 1));
});

test("Enter sends unless an input method takes it", () => {
  const e = { key: "Enter", keyCode: 13, isComposing: false, shiftKey: false };
  assert.ok(sends(e, false));
  assert.ok(!sends({ ...e, shiftKey: true }, false));
  assert.ok(!sends({ ...e, isComposing: true }, false)); // Chrome, Firefox
  assert.ok(!sends({ ...e, keyCode: 229 }, false)); // Safari, after compositionend
  assert.ok(!sends(e, true));
  assert.ok(!sends({ ...e, key: "Process", keyCode: 229 }, true));
});

test("addresses of the page", () => {
  assert.deepEqual(parse(""), { page: "chat" });
  assert.deepEqual(parse("#/chat/a%2Fb/m1"), { page: "chat", id: "a/b", message: "m1" });
  assert.deepEqual(parse("#/join/x%"), { page: "join", token: "x%" });
  assert.deepEqual(parse("#/nonsense"), { page: "chat" });
});

test("what the server writes into its audit log has words in every language", () => {
  const go = readdirSync("../serve").filter((f) => f.endsWith(".go")).map((f) => readFileSync(`../serve/${f}`, "utf8")).join("\n");
  const all = [...go.matchAll(/\.audit\(r, [\w.]+, "([^"]+)"/g)].map((m) => m[1]);
  assert.ok(all.length > 9, all.join());
  for (const [l] of languages) {
    language.value = l;
    for (const a of [...all, "user is curator, disabled false", "user is user, disabled true"]) assert.notEqual(deed(a), a, l);
  }
  language.value = "zh-CN";
  assert.equal(deed("user is curator, disabled false"), "角色设为语料编辑");
  assert.deepEqual(["u1", "u3", "local", "admin", "constructor"].map((id) => whom(id, { u1: "wei" })), ["wei", "u3", "本机用户", "管理员", "constructor"]);
  assert.equal(deed("something new"), "something new");
  language.value = "en";
});
