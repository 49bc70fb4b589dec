// Where questions are written.
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError, online, sendKey } from "../api.ts";
import { t } from "../i18n.ts";
import { sends } from "../ime.ts";
import { draft, prefs, setDraft } from "../prefs.ts";
import { ask, cell, chat, choosing, comparable, errorText, mode, model, modes, quotes, running, shown, stop } from "../store.ts";
import type { Mode } from "../types.ts";
import { go } from "../route.ts";
import { IconButton } from "./basics.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Settings } from "./settings.tsx";

/** Why a question did not get through; until: when it may be sent again, in ms of the clock. */
export const problem = signal<{ code: string; until: number } | null>(null);
/** A text to put into the composer, such as a suggestion. */
export const handed = signal<string | null>(null);

const icons: Record<Mode, IconName> = { plain: "chat", corpus: "books", web: "globe" };

export function Composer() {
  const place = chat.value?.id ?? "new";
  const [text, set] = useState(() => draft(place));
  const [busy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const composing = useRef(false);
  const attempt = useRef<{ text: string; key: string } | null>(null); // the same text again has the same key
  const was = useRef(place);
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    if (was.current === place) return;
    const fresh = was.current === "new" && busy; // the chat that this very text began
    was.current = place;
    if (!fresh) {
      set(draft(place));
      problem.value = null;
    }
  }, [place]);
  useEffect(() => {
    if (handed.value === null) return;
    const gap = handed.value.indexOf("…"); // what is to be filled in
    set(handed.value);
    handed.value = null;
    area.current?.focus();
    if (gap >= 0) setTimeout(() => area.current?.setSelectionRange(gap, gap + 1));
  }, [handed.value]);
  useLayoutEffect(() => {
    const el = area.current!;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight, innerHeight * 0.4)}px`;
  }, [text]);
  const live = running.value, blocked = choosing.value !== undefined;
  const wait = useWait();
  const ready = !!text.trim() && !busy && !live.length && !blocked && !wait;
  const submit = async () => {
    if (!ready) return;
    setBusy(true);
    if (attempt.current?.text !== text) attempt.current = { text, key: sendKey() };
    try {
      await ask(text, shown.peek()[shown.peek().length - 1], attempt.current.key);
      attempt.current = null;
      problem.value = null;
      setDraft(place, "");
      if (latest.current === text) set("");
    } catch (e) {
      const after = e instanceof ApiError ? e.after || (e.code === "rate_limited" ? 10 : 0) : 0;
      problem.value = { code: e instanceof ApiError ? e.code : "internal", until: Date.now() + after * 1000 };
    }
    setBusy(false);
    if (!problem.peek() && matchMedia("(pointer: coarse)").matches) area.current?.blur(); // makes room for the answer
    else if (choosing.peek()) document.querySelector<HTMLElement>(".scroller")?.focus(); // where the keys of the choice work
    else area.current?.focus();
  };
  return (
    <form class="composer" onSubmit={(e) => { e.preventDefault(); submit(); }}>
      <Notice retry={submit} wait={wait} />
      <div class="composer-box">
        <textarea id="question" ref={area} rows={1} value={text} placeholder={t(blocked ? "composer.choose" : `composer.${mode.value}`)} aria-label={t("composer.label")} dir="auto" enterkeyhint="send"
          onInput={(e) => { set(e.currentTarget.value); setDraft(place, e.currentTarget.value); }}
          onCompositionStart={() => { composing.current = true; }} onCompositionEnd={() => { composing.current = false; }}
          onKeyDown={(e) => {
            if (sends(e, composing.current)) { e.preventDefault(); submit(); }
            else if (e.key === "ArrowUp" && !text && !e.isComposing) editLast(e);
          }} />
        <div class="tools">
          <Modes />
          {comparable.value && <IconButton icon="scales" label={t("compare")} pressed={prefs.compare.value} class="compare" onClick={() => { prefs.compare.value = !prefs.compare.value; }} />}
          <Settings />
          <span class="space" />
          <Room text={text} />
          {live.length ? <button type="button" class="send stop" aria-label={t("stop")} title={t("stop")} onClick={() => live.forEach(stop)}><Icon name="stop" /></button>
            : <button class="send" aria-label={t("send")} title={t("send")} disabled={!ready}><Icon name="send" /></button>}
        </div>
      </div>
      <p class="small-print">{t(quotes(model.value) ? "small.print.quotes" : mode.value === "plain" ? "small.print" : "small.print.cited")}</p>
    </form>
  );
}

/** Up in the empty composer edits the last question. */
function editLast(e: Event) {
  const last = [...document.querySelectorAll<HTMLButtonElement>(".question .edit:not([disabled])")].pop();
  if (!last) return;
  e.preventDefault();
  last.click();
}

/** Seconds until the server may be asked again. */
function useWait(): number {
  const [, tick] = useState(0);
  const until = problem.value?.until ?? 0, rest = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  useEffect(() => {
    if (!rest) return;
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [until, !rest]);
  return rest;
}

function Notice({ retry, wait }: { retry: () => void; wait: number }) {
  const p = problem.value;
  if (!online.value && (!p || p.code === "offline")) return <div class="notice bad" role="status"><p><Icon name="warn" />{t("error.offline")}</p>{p && <button type="button" onClick={retry}>{t("try.again")}</button>}</div>;
  if (!p) return null;
  return (
    <div class="notice bad" role="status">
      <p><Icon name="warn" />{errorText(p.code)}{wait > 0 && <> {t("error.wait", { n: wait })}</>}</p>
      {p.code === "context_full" ? <button type="button" onClick={() => go("#/")}>{t("new.chat")}</button> : <button type="button" disabled={wait > 0} onClick={retry}>{t("try.again")}</button>}
      <IconButton icon="close" label={t("close")} onClick={() => { problem.value = null; }} />
    </div>
  );
}

function Modes() {
  const all = modes.value;
  if (all.length < 2) return null;
  return (
    <div class="modes" role="radiogroup" aria-label={t("mode")}>
      {all.map((m) => (
        <label key={m} title={t(`mode.${m}.hint`)}><input type="radio" name="mode" value={m} checked={mode.value === m} onChange={() => { prefs.mode.value = m; }} /><Icon name={icons[m]} /><span>{t(`mode.${m}`)}</span></label>
      ))}
    </div>
  );
}

/** How full the model's context is, once that matters. Counts what the last answer used and guesses the draft. */
function Room({ text }: { text: string }) {
  const size = model.value?.context ?? 0;
  const last = shown.value.map((id) => cell(id).value).findLast((m) => m.tokens);
  const used = (last?.tokens ? last.tokens.prompt + last.tokens.completion : 0) + Math.ceil(text.length / 3);
  if (!size || used < size * 0.7) return null;
  return <span class={`room ${used > size ? "bad" : ""}`} role="status">{t("room", { s: Math.min(999, Math.round((100 * used) / size)) })}</span>;
}
