// The page's words in three languages.
import { computed, signal } from "@preact/signals";
import en from "./strings/en.json";
import zhCN from "./strings/zh-CN.json";
import zhTW from "./strings/zh-TW.json";

export type Key = keyof typeof en;
export type Language = "en" | "zh-CN" | "zh-TW";
export const catalogues: Record<Language, Record<string, string>> = { en, "zh-CN": zhCN, "zh-TW": zhTW };
export const languages: [Language, string][] = [["zh-CN", "简体中文"], ["zh-TW", "繁體中文"], ["en", "English"]];

/** The page's language for a browser's or an account's wish. */
export function match(wish: string): Language {
  const l = wish.toLowerCase();
  if (/^zh\b.*(tw|hk|mo|hant)/.test(l)) return "zh-TW";
  return l.startsWith("zh") ? "zh-CN" : "en";
}

function first(): Language {
  const kept = stored("language");
  if (kept) return match(kept);
  return match(typeof navigator === "undefined" ? "en" : navigator.language);
}

/** What the browser keeps for this page; nothing where it keeps nothing. */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function store(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch { /* private windows keep nothing */ }
}

export const language = signal<Language>(first());

export function setLanguage(l: Language) {
  language.value = l;
  store("language", l);
  document.documentElement.lang = l;
}

const plural = computed(() => new Intl.PluralRules(language.value));

/** The words of a key, with {name} filled in; with n, the form for that number: key.one or key.other. */
export function t(key: Key, fill: Record<string, string | number> = {}): string {
  const c = catalogues[language.value];
  let s: string | undefined;
  if (typeof fill.n === "number") s = c[`${key}.${plural.value.select(fill.n)}`];
  s ??= c[key] ?? catalogues.en[key] ?? key;
  return s.replace(/\{(\w+)\}/g, (whole, name) => {
    const v = fill[name];
    return v === undefined ? whole : typeof v === "number" ? number(v) : v;
  });
}

export const number = (n: number, options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(language.value, options).format(n);

export function date(s: string | undefined, options: Intl.DateTimeFormatOptions = { dateStyle: "medium" }): string {
  const d = new Date(s ?? "");
  return isNaN(+d) ? (s ?? "") : new Intl.DateTimeFormat(language.value, options).format(d);
}

export const time = (s?: string) => date(s, { dateStyle: "medium", timeStyle: "short" });
