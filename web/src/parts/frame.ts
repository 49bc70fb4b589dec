// Which parts of the frame are open.
import { computed, signal } from "@preact/signals";
import { prefs } from "../prefs.ts";

/** Whether the window is too narrow for the list of chats beside the chat: then it is a drawer. */
export const narrow = signal(false);
export const drawer = signal(false);
if (typeof matchMedia !== "undefined") {
  const q = matchMedia("(max-width: 820px)");
  narrow.value = q.matches;
  q.addEventListener("change", () => { narrow.value = q.matches; drawer.value = false; });
}
export const railOpen = computed(() => (narrow.value ? drawer.value : prefs.rail.value));

export function toggleRail() {
  if (narrow.value) drawer.value = !drawer.value;
  else prefs.rail.value = !prefs.rail.value;
  requestAnimationFrame(() => document.querySelector<HTMLElement>(railOpen.value ? (narrow.value ? ".rail .new-chat" : "#hide-rail") : "#show-rail")?.focus());
}
