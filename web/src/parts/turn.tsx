// One turn of a conversation, and what can be done with it.
import { useEffect, useRef, useState } from "preact/hooks";
import { t, time } from "../i18n.ts";
import { sends } from "../ime.ts";
import { again, ask, cell, comparable, fail, models, rewrite, running, shape, stop, turn } from "../store.ts";
import { siblings } from "../tree.ts";
import { AnswerBody, Facts, modelName, nameOf, Stages } from "./answer.tsx";
import { CopyButton, Dialog, IconButton, Menu, type Choice } from "./basics.tsx";
import { Icon, Wheel } from "./icons.tsx";
import { Thumbs } from "./feedback.tsx";

export function Question({ id }: { id: string }) {
  const m = cell(id).value;
  const [editing, edit] = useState(false);
  return (
    <article class="turn question" data-message={id} data-state="done" aria-label={t("you.said")}>
      {editing ? (
        <Editor text={m.text} save={t("edit.send")} note={t("edit.question.note")} onClose={() => edit(false)} onSave={(text) => ask(text, m.parent, undefined, false)} />
      ) : (
        <>
          <div class="bubble"><p dir="auto">{m.text}</p></div>
          <div class="actions">
            <Siblings id={id} />
            <CopyButton text={() => cell(id).peek().text} />
            <IconButton icon="edit" label={t("edit.question")} class="edit" onClick={() => edit(true)} disabled={running.value.length > 0} />
          </div>
        </>
      )}
    </article>
  );
}

export function Answer({ id, last }: { id: string; last: boolean }) {
  const m = cell(id).value;
  const [editing, edit] = useState(false);
  const [facts, setFacts] = useState(false);
  const busy = m.state === "running", parent = m.parent;
  const others = (): Choice[] => [
    { label: t("again.same"), icon: "again", do: () => { again(parent!); } },
    ...models.value.filter((x) => x.id !== m.model).map((x): Choice => ({ label: t("again.with", { model: nameOf(x) }), hint: t(`kind.${x.kind}.short`), do: () => { again(parent!, { model: x.id }); } })),
    ...(!comparable.value ? [] : [{ label: t("again.compare"), icon: "scales" as const, do: () => { again(parent!, { compare: true }); } }]),
  ];
  return (
    <article class={`turn answer ${last ? "last" : ""}`} data-message={id} data-state={m.state} aria-label={t("answer.of", { model: modelName(m.model) })} aria-busy={busy}>
      <header class="speaker"><Wheel turning={busy} /><span>{modelName(m.model)}</span><Stages id={id} /></header>
      {editing ? <Editor text={m.text} save={t("save")} note={t("edit.answer.note")} onClose={() => edit(false)} onSave={(text) => rewrite(id, text)} /> : <AnswerBody id={id} />}
      {!editing && (
        <div class="actions">
          <Siblings id={id} />
          {busy ? <IconButton icon="stop" label={t(m.stopping ? "stopping" : "stop")} text onClick={() => stop(id)} disabled={m.stopping} class="stop-here" /> : (
            <>
              {m.text && <CopyButton text={() => cell(id).peek().text} label={t("copy.answer")} />}
              {m.text && <Thumbs id={id} />}
              {parent && <Menu label={t("again")} button={<Icon name="again" />} choices={others} class="icon-button again" />}
              <IconButton icon="edit" label={t("edit.answer")} class="edit" onClick={() => edit(true)} />
              <IconButton icon="info" label={t("facts")} class="facts-button" onClick={() => setFacts(true)} />
              <time class="dim when" dateTime={m.created}>{time(m.created)}</time>
            </>
          )}
        </div>
      )}
      {facts && <Dialog title={t("facts")} onClose={() => setFacts(false)} class="small"><Facts id={id} /></Dialog>}
    </article>
  );
}

function Siblings({ id }: { id: string }) {
  const all = siblings(shape.value, id);
  if (all.length < 2) return null;
  const i = all.indexOf(id);
  return (
    <span class="siblings" role="group" aria-label={t("versions")}>
      <IconButton icon="left" label={t("version.before")} disabled={i === 0} onClick={() => turn(id, -1)} />
      <span class="of" aria-live="off">{i + 1}/{all.length}</span>
      <IconButton icon="right" label={t("version.after")} disabled={i === all.length - 1} onClick={() => turn(id, 1)} />
    </span>
  );
}

function Editor({ text, save, note, onSave, onClose }: { text: string; save: string; note: string; onSave: (text: string) => Promise<unknown>; onClose: () => void }) {
  const [value, set] = useState(text);
  const [busy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const composing = useRef(false);
  useEffect(() => {
    const el = area.current!;
    el.focus();
    el.setSelectionRange(el.value.length, el.value.length);
  }, []);
  useEffect(() => {
    const el = area.current!;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight + 2, innerHeight * 0.6)}px`;
  }, [value]);
  useEffect(() => {
    const turn = area.current!.closest<HTMLElement>("[data-turn]");
    return () => requestAnimationFrame(() => { // the focus stays where one was
      const to = turn?.isConnected ? turn : [...document.querySelectorAll<HTMLElement>("[data-turn]")].pop();
      if (!to || document.activeElement !== document.body) return;
      to.tabIndex = -1;
      to.focus({ preventScroll: true });
    }) as unknown as void;
  }, []);
  const submit = async () => {
    if (!value.trim() || busy) return;
    setBusy(true);
    try {
      await onSave(value);
      onClose();
    } catch (e) {
      fail(e);
      setBusy(false);
    }
  };
  return (
    <form class="editor" onSubmit={(e) => { e.preventDefault(); submit(); }}>
      <textarea ref={area} value={value} aria-label={note} dir="auto" onInput={(e) => set(e.currentTarget.value)} rows={2}
        onCompositionStart={() => { composing.current = true; }} onCompositionEnd={() => { composing.current = false; }}
        onKeyDown={(e) => {
          if (e.key === "Escape") { e.stopPropagation(); onClose(); }
          else if ((e.ctrlKey || e.metaKey) && sends(e, composing.current)) { e.preventDefault(); submit(); }
        }} />
      <div class="buttons"><span class="dim">{note}</span><button type="button" onClick={onClose}>{t("cancel")}</button><button class="main" disabled={busy || !value.trim()}>{save}</button></div>
    </form>
  );
}
