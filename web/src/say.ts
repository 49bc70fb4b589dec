// Short messages: on the screen, and for those who do not see it.
import { signal } from "@preact/signals";
import { t } from "./i18n.ts";

export { t };

export const toast = signal<{ text: string; bad: boolean } | null>(null);
export const announced = signal("");
let timer: ReturnType<typeof setTimeout>;

export function say(text: string, bad = false) {
  toast.value = { text, bad };
  clearTimeout(timer);
  timer = setTimeout(() => { toast.value = null; }, bad ? 8000 : 3000);
}

/** Tells a screen reader, politely. */
export function announce(text: string) {
  announced.value = announced.peek() === text ? text + "\u00a0" : text;
}
