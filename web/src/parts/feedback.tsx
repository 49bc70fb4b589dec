// Thumbs with their reasons, and the blind choice between two answers.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n.ts";
import { say } from "../say.ts";
import { cell, choose, rate, stop } from "../store.ts";
import { AnswerBody, Stages } from "./answer.tsx";
import { Dialog, Field, IconButton } from "./basics.tsx";

export const reasons = ["wrong", "unsupported", "incomplete", "style", "unsafe", "language", "other"] as const;

export function Thumbs({ id }: { id: string }) {
  const m = cell(id).value, value = m.rating?.value ?? 0;
  const [panel, setPanel] = useState(false);
  const set = (v: number) => rate(id, { value: value === v ? 0 : v }).then(() => {
    if (value !== v && v < 0) setPanel(true);
    else say(t(value === v ? "rating.back" : "rating.thanks"));
  }, () => {});
  return (
    <>
      <IconButton icon="up" label={t("good.answer")} pressed={value > 0} class="thumb" onClick={() => set(1)} />
      <IconButton icon="down" label={t("bad.answer")} pressed={value < 0} class="thumb" onClick={() => set(-1)} />
      {panel && <Reasons id={id} onClose={() => setPanel(false)} />}
    </>
  );
}

function Reasons({ id, onClose }: { id: string; onClose: () => void }) {
  const m = cell(id).value;
  const [chosen, setChosen] = useState<string[]>(m.rating?.reasons ?? []);
  const [text, setText] = useState(m.rating?.text ?? "");
  const [better, setBetter] = useState<string | null>(null);
  const submit = async (e: Event) => {
    e.preventDefault();
    try {
      await rate(id, { value: -1, reasons: chosen, text: text.trim() || undefined, better: better?.trim() && better !== m.text ? better : undefined });
      onClose();
      say(t("rating.thanks"));
    } catch { /* said already */ }
  };
  return (
    <Dialog title={t("reasons.title")} onClose={onClose}>
      <form onSubmit={submit} class="reasons">
        <div class="chips" role="group" aria-label={t("reasons.title")}>
          {reasons.map((r) => {
            const on = chosen.includes(r);
            return <button key={r} type="button" class="chip" aria-pressed={on} onClick={() => setChosen((all) => (all.includes(r) ? all.filter((x) => x !== r) : [...all, r]))}>{t(`reason.${r}`)}</button>;
          })}
        </div>
        <Field label={t("optional.text")}><textarea rows={2} dir="auto" value={text} onInput={(e) => setText(e.currentTarget.value)} /></Field>
        {better === null
          ? <button type="button" class="link" onClick={() => setBetter(m.text)}>{t("better.write")}</button>
          : <Field label={t("better.label")} hint={t("better.hint")}><textarea rows={8} dir="auto" value={better} onInput={(e) => setBetter(e.currentTarget.value)} /></Field>}
        <div class="buttons"><button type="button" onClick={onClose}>{t("skip")}</button><button class="main">{t("send.rating")}</button></div>
      </form>
    </Dialog>
  );
}

/** Two answers side by side, whose models are told after the choice. */
export function Pair({ ids }: { ids: [string, string] }) {
  const [a, b] = ids.map((id) => cell(id).value);
  const ready = a.state !== "running" && b.state !== "running";
  const seen = useRef(0);
  const [busy, setBusy] = useState(false);
  useEffect(() => { if (ready) seen.current = performance.now(); }, [ready]);
  const pick = async (c: "a" | "b" | "tie" | "bad") => {
    if (!ready || busy) return;
    setBusy(true);
    await choose(ids[0], c, Math.round(performance.now() - seen.current));
    setBusy(false);
  };
  useLayoutEffect(() => {
    const key = (e: KeyboardEvent) => {
      const el = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || el.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName) || document.querySelector("dialog[open]")) return;
      const c = ({ "1": "a", "2": "b", "0": "tie", x: "bad" } as const)[e.key];
      if (!c) return;
      e.preventDefault();
      pick(c);
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  });
  return (
    <section class="pair" aria-label={t("pair.label")}>
      <div class="sides">
        {ids.map((id, i) => {
          const m = i ? b : a;
          return (
            <article key={id} class="turn answer side" data-message={id} data-state={m.state} aria-label={t(i ? "side.b" : "side.a")} aria-busy={m.state === "running"}>
              <header class="speaker"><span class="letter">{i ? "B" : "A"}</span><span>{t(i ? "side.b" : "side.a")}</span><Stages id={id} />
                {m.state === "running" && <IconButton icon="stop" label={t("stop")} onClick={() => stop(id)} disabled={m.stopping} />}</header>
              <AnswerBody id={id} />
            </article>
          );
        })}
      </div>
      <div class="verdict" role="group" aria-label={t("pair.which")}>
        <p>{t(ready ? "pair.which" : "pair.wait")}</p>
        {([["a", "1"], ["b", "2"], ["tie", "0"], ["bad", "x"]] as const).map(([c, key]) => (
          <button key={c} type="button" disabled={!ready || busy} onClick={() => pick(c)}>{t(`choose.${c}`)}<kbd>{key}</kbd></button>
        ))}
      </div>
    </section>
  );
}
