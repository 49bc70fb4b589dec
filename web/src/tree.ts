// A chat is a tree: children of one parent are other answers, or other wordings of a question.
import type { Message } from "./types.ts";

export type Node = Pick<Message, "id" | "parent" | "role" | "side" | "model" | "chosen">;
export interface Tree { nodes: Map<string, Node>; kids: Map<string, string[]> }

const root = "";

/** Ids sort by age. Messages whose parent is missing hang at the root, so that nothing is ever hidden. */
export function tree(messages: Iterable<Node>): Tree {
  const nodes = new Map<string, Node>();
  for (const m of messages) nodes.set(m.id, m);
  const kids = new Map<string, string[]>();
  for (const m of nodes.values()) {
    const p = m.parent && nodes.has(m.parent) ? m.parent : root;
    const list = kids.get(p);
    if (list) list.push(m.id);
    else kids.set(p, [m.id]);
  }
  for (const list of kids.values()) list.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { nodes, kids };
}

export function siblings(t: Tree, id: string): string[] {
  const p = t.nodes.get(id)?.parent;
  return t.kids.get(p && t.nodes.has(p) ? p : root) ?? [];
}

/** The youngest leaf below a message: where its branch was last worked on. */
export function leaf(t: Tree, id: string): string {
  let best = "";
  const todo = [id];
  while (todo.length) {
    const at = todo.pop()!;
    const kids = t.kids.get(at);
    if (kids?.length) todo.push(...kids);
    else if (at > best) best = at;
  }
  return best || id;
}

/** The messages from the root to a leaf; without a leaf, to the youngest. */
export function path(t: Tree, at?: string): string[] {
  if (!at || !t.nodes.has(at)) {
    const first = t.kids.get(root);
    if (!first) return [];
    at = first.map((id) => leaf(t, id)).reduce((a, b) => (a > b ? a : b));
  }
  const out: string[] = [];
  const seen = new Set<string>();
  for (let id: string | undefined = at; id && t.nodes.has(id) && !seen.has(id); id = t.nodes.get(id)!.parent) {
    seen.add(id);
    out.push(id);
  }
  return out.reverse();
}

/** The two answers of a blind pair that waits for a choice, when id is one of them. */
export function pair(t: Tree, id: string): [string, string] | undefined {
  const open = siblings(t, id).map((s) => t.nodes.get(s)!).filter((m) => m.side && !m.model && m.chosen === undefined);
  const me = t.nodes.get(id)!;
  if (!open.includes(me)) return;
  // Two pairs of one question lie one after the other.
  const mine = open.filter((m) => m.side === me.side).indexOf(me);
  const a = open.filter((m) => m.side === "a")[mine], b = open.filter((m) => m.side === "b")[mine];
  return a && b ? [a.id, b.id] : undefined;
}
