// What the browser remembers of how one likes to work.
import { effect, signal } from "@preact/signals";
import { store, stored } from "./i18n.ts";
import type { Mode, Params } from "./types.ts";

function kept<T>(key: string, first: T) {
  let v = first;
  try {
    const s = stored(key);
    if (s !== null) v = JSON.parse(s);
  } catch { /* written by another version */ }
  const s = signal<T>(v);
  let fresh = true;
  effect(() => {
    const json = JSON.stringify(s.value);
    if (!fresh) store(key, json);
    fresh = false;
  });
  return s;
}

export const prefs = {
  /** Empty until one was picked. */
  mode: kept<Mode | "">("mode", ""),
  model: kept<string>("model", ""),
  compare: kept<boolean>("compare", false),
  rival: kept<string>("rival", ""),
  params: kept<Params>("params", {}),
  rail: kept<boolean>("rail", true),
};

export type Theme = "system" | "light" | "dark";
export const theme = signal<Theme>((stored("theme") as Theme) || "system");

export function setTheme(v: Theme) {
  theme.value = v;
  store("theme", v === "system" ? null : v);
  if (v === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = v;
}

/** Drops what was written but not sent: at a logout, since the next to use this browser may be another. */
export function dropDrafts() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
  } catch { /* nothing is kept there */ }
}

export const draft = (chat: string) => stored(`draft:${chat}`) ?? "";
export const setDraft = (chat: string, text: string) => store(`draft:${chat}`, text || null);
