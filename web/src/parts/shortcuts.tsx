// Keys that work everywhere, and their list.
import { useEffect, useState } from "preact/hooks";
import { t, type Key } from "../i18n.ts";
import { running, shown, stop, turn } from "../store.ts";
import { Dialog } from "./basics.tsx";
import { drawer, railOpen, toggleRail } from "./frame.ts";
import { newChat } from "./rail.tsx";

const list: [Key, string[]][] = [
  ["key.send", ["Enter"]], ["key.line", ["Shift", "Enter"]], ["key.stop", ["Esc"]], ["key.focus", ["/"]], ["key.new", ["Ctrl", "Shift", "O"]],
  ["key.search", ["Ctrl", "K"]], ["key.rail", ["Ctrl", "B"]], ["key.last", ["↑"]], ["key.turns", ["Alt", "↑", "↓"]], ["key.versions", ["[", "]"]], ["key.choose", ["1", "2", "0", "X"]], ["key.help", ["?"]],
];

export function Shortcuts() {
  const [open, set] = useState(false);
  useEffect(() => {
    const show = () => set(true);
    document.addEventListener("shortcuts", show);
    document.addEventListener("keydown", press);
    return () => {
      document.removeEventListener("shortcuts", show);
      document.removeEventListener("keydown", press);
    };
  }, []);
  if (!open) return null;
  return (
    <Dialog title={t("shortcuts")} onClose={() => set(false)} class="small">
      <dl class="shortcuts">{list.map(([name, keys]) => <><dt>{t(name)}</dt><dd>{keys.map((k) => <kbd key={k}>{k}</kbd>)}</dd></>)}</dl>
    </Dialog>
  );
}

function press(e: KeyboardEvent) {
  if (e.defaultPrevented || e.isComposing || e.keyCode === 229 || document.querySelector("dialog[open]")) return;
  const el = e.target as HTMLElement, typing = /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);
  const ctrl = (e.ctrlKey || e.metaKey) && !e.altKey, key = e.key.toLowerCase();
  const done = () => e.preventDefault();
  if (ctrl && key === "k") {
    done();
    if (!railOpen.value) toggleRail();
    requestAnimationFrame(() => document.getElementById("search-chats")?.focus());
  } else if (ctrl && e.shiftKey && key === "o") { done(); newChat(); }
  else if (ctrl && key === "b" && !e.shiftKey) { done(); toggleRail(); }
  else if (e.key === "Escape" && drawer.value) { done(); toggleRail(); }
  else if (e.key === "Escape" && running.value.length) { done(); running.value.forEach(stop); }
  else if (e.altKey && /^Arrow(Up|Down)$/.test(e.key) && !(typing && (el as HTMLTextAreaElement).value)) { done(); step(e.key === "ArrowUp" ? -1 : 1); }
  else if (!typing && !ctrl && (e.key === "[" || e.key === "]")) { done(); sideways(e.key === "[" ? -1 : 1); }
  else if (!typing && !ctrl && !e.altKey && e.key === "/") { done(); document.getElementById("question")?.focus(); }
  else if (!typing && !ctrl && !e.altKey && e.key === "?") { done(); document.dispatchEvent(new CustomEvent("shortcuts")); }
}

const here = () => document.activeElement?.closest<HTMLElement>("[data-turn]");

/** Moves the focus to the turn before or after the one it is in. */
function step(by: number) {
  const all = [...document.querySelectorAll<HTMLElement>("[data-turn]")], at = here();
  const to = all[at ? all.indexOf(at) + by : by < 0 ? all.length - 1 : 0];
  if (!to && at && by < 0) return; // the first
  if (!to) return document.getElementById("question")?.focus();
  to.tabIndex = -1;
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}

function sideways(by: number) {
  const id = here()?.dataset.turn ?? shown.value[shown.value.length - 1];
  if (id) turn(id, by);
}
