// Above the conversation: model, use of data, the chat's menu.
import { useState } from "preact/hooks";
import { date, t } from "../i18n.ts";
import { prefs } from "../prefs.ts";
import { remove } from "../chats.ts";
import { chat, fail, mode, model, models, scope, temporary } from "../store.ts";
import { nameOf } from "./answer.tsx";
import { Confirm, IconButton, Menu } from "./basics.tsx";
import { ConsentDialog } from "./consent.tsx";
import { railOpen, toggleRail } from "./frame.ts";
import { Icon } from "./icons.tsx";
import { newChat } from "./rail.tsx";

export function Head() {
  const m = model.value;
  const [consent, setConsent] = useState(false);
  const [removing, setRemoving] = useState(false);
  const open = chat.value, fresh = !open;
  const used = scope.value !== "none";
  const id = open && encodeURIComponent(open.id);
  return (
    <header class="head">
      {!railOpen.value && <IconButton icon="menu" label={t("rail.show")} id="show-rail" aria-controls="rail" aria-expanded={false} onClick={toggleRail} />}
      {!railOpen.value && <IconButton icon="plus" label={t("new.chat")} class="new-short" onClick={() => newChat()} />}
      <Menu worded label={t("model.pick")} class="model-button" button={<><span class="model-name">{m ? nameOf(m) : t("model.none")}</span>{m?.note && mode.value !== "plain" ? <span class="model-note dim" title={m.note}>{m.note}</span> : m?.trained?.date && <span class="model-note dim">{t("corpus.of", { date: date(m.trained.date, { year: "numeric", month: "short" }) })}</span>}<Icon name="chevron" /></>}
        choices={() => models.value.map((x) => ({
          label: nameOf(x), on: x.id === m?.id, do: () => { prefs.model.value = x.id; },
          hint: [t(`kind.${x.kind}.short`), x.context ? t("tokens.of", { n: x.context }) : "", x.trained ? `${x.trained.corpus} · ${date(x.trained.date)}` : "", x.note ?? ""].filter(Boolean).join(" · "),
        }))} />
      <h1 class="sr-only">{open?.title || t("new.chat")}</h1>
      <span class="space" />
      {temporary.value
        ? <span class="badge secret" title={t("temporary.hint")}><Icon name="ghost" /><span>{t("temporary")}</span></span>
        : <button type="button" class={`badge ${used ? "used" : ""}`} title={t("consent.badge")} aria-haspopup="dialog" onClick={() => setConsent(true)}><Icon name={used ? "heart" : "lock"} /><span>{t(used ? (scope.value === "publish" ? "badge.publish" : "badge.improve") : "badge.none")}</span></button>}
      {fresh && <IconButton icon="ghost" label={t("temporary.new")} pressed={temporary.value} class="ghost-button" onClick={() => { temporary.value = !temporary.value; }} />}
      {open && (
        <Menu label={t("chat.menu", { title: open.title })} button={<Icon name="more" />} choices={() => [
          { label: t("export.md"), icon: "share", href: `/api/chats/${id}/export?format=md` },
          { label: t("export.json"), icon: "share", href: `/api/chats/${id}/export?format=json` },
          { label: t("temporary.new"), icon: "ghost", do: () => newChat(true) },
          { label: t("delete"), icon: "trash", bad: true, do: () => setRemoving(true) },
        ]} />
      )}
      {consent && <ConsentDialog onClose={() => setConsent(false)} />}
      {removing && open && <Confirm title={t("delete.title")} text={t("delete.text", { title: open.title })} yes={t("delete")} onYes={() => { remove(open.id).catch(fail); }} onClose={() => setRemoving(false)} />}
    </header>
  );
}
