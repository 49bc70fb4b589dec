// The list of chats.
import { batch, signal } from "@preact/signals";
import { ApiError, call, get } from "./api.ts";
import { go } from "./route.ts";
import { blank, chat, fail, refresh, writing } from "./store.ts";
import type { ChatHead } from "./types.ts";

export const chats = signal<ChatHead[]>([]);
export const more = signal<string | undefined>(undefined);
export const query = signal("");
export const listed = signal(false);
let asked = 0;

export async function loadChats(further = false) {
  const mine = ++asked;
  const p = new URLSearchParams({ limit: "60" });
  if (query.peek()) p.set("q", query.peek());
  if (further && more.peek()) p.set("before", more.peek()!);
  try {
    const r = await get<{ chats: ChatHead[]; next?: string }>(`/api/chats?${p}`);
    if (mine !== asked) return;
    batch(() => {
      chats.value = further ? [...chats.peek(), ...r.chats] : r.chats;
      more.value = r.next;
      listed.value = true;
      const open = chat.peek(), here = r.chats.find((c) => c.id === open?.id);
      const missed = open && !here && !open.temporary && !query.peek() && !further && (!r.next || r.chats.at(-1)!.updated < open.updated);
      if (missed) refresh().catch(() => {}); // another window may have deleted it
      if (here && chat.peek()!.title !== here.title) chat.value = { ...chat.peek()!, title: here.title };
      if (here && !writing() && here.updated > chat.peek()!.updated) refresh().catch(() => {}); // another device went on with it
    });
  } catch (e) {
    if (mine === asked && !(e instanceof ApiError && e.code === "offline")) fail(e);
  }
}

export function forgetChats() {
  asked++;
  batch(() => {
    chats.value = [];
    more.value = undefined;
    query.value = "";
    listed.value = false;
  });
}

export async function change(id: string, part: { title?: string; consent?: ChatHead["consent"] }) {
  const head = await call<ChatHead>("PATCH", `/api/chats/${id}`, part);
  batch(() => {
    chats.value = chats.peek().map((c) => (c.id === id ? { ...c, ...head } : c));
    if (chat.peek()?.id === id) chat.value = { ...chat.peek()!, ...head };
  });
}

export async function remove(id: string) {
  await call("DELETE", `/api/chats/${id}`);
  chats.value = chats.peek().filter((c) => c.id !== id);
  if (chat.peek()?.id === id) {
    blank();
    go("#/");
  }
}
