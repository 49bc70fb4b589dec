// The list of chats: by date, with search.
import { useEffect, useRef, useState } from "preact/hooks";
import { call, me } from "../api.ts";
import { date, t } from "../i18n.ts";
import { dropDrafts } from "../prefs.ts";
import { go, route } from "../route.ts";
import { change, chats, listed, loadChats, more, query, remove } from "../chats.ts";
import { blank, chat, fail, temporary } from "../store.ts";
import type { ChatHead } from "../types.ts";
import { Confirm, Dialog, Field, IconButton, Menu } from "./basics.tsx";
import { Icon, Wheel } from "./icons.tsx";
import { drawer, railOpen, toggleRail } from "./frame.ts";

export function newChat(secret = false) {
  blank();
  temporary.value = secret;
  drawer.value = false;
  go("#/");
  requestAnimationFrame(() => document.getElementById("question")?.focus());
}

export function Rail() {
  const box = useRef<HTMLInputElement>(null);
  const timer = useRef(0);
  useEffect(() => { loadChats(); }, []);
  useEffect(() => { // chats that are written elsewhere
    if (!chats.value.some((c) => c.running && c.id !== chat.value?.id)) return;
    const again = setTimeout(() => loadChats(), 4000);
    return () => clearTimeout(again);
  }, [chats.value]);
  const list = chats.value.filter((c) => !c.temporary);
  return (
    <nav class="rail" id="rail" aria-label={t("chats")}>
      <div class="rail-head">
        <a class="brand" href="#/" onClick={() => newChat()}><Wheel /><b>{t("brand")}</b></a>
        <IconButton icon="rail" label={t("rail.hide")} id="hide-rail" aria-expanded={railOpen.value} aria-controls="rail" onClick={toggleRail} />
      </div>
      <button type="button" class="new-chat" onClick={() => newChat()}><Icon name="plus" />{t("new.chat")}</button>
      <label class="search-chats"><Icon name="search" /><input ref={box} id="search-chats" type="search" value={query.value} placeholder={t("search.chats")} aria-label={t("search.chats")}
        onInput={(e) => {
          query.value = e.currentTarget.value.trim();
          clearTimeout(timer.current);
          timer.current = window.setTimeout(() => loadChats(), 150);
        }} /></label>
      <div class="rail-list" tabIndex={-1}>
        {groups(list).map(([name, items]) => (
          <section key={name} aria-label={name}>
            <h2>{name}</h2>
            <ul>{items.map((c) => <ChatRow key={c.id + (c.message ?? "")} c={c} />)}</ul>
          </section>
        ))}
        {listed.value && !list.length && <p class="dim empty">{t(query.value ? "search.nothing" : "chats.none")}</p>}
        {more.value && <button type="button" class="link more" onClick={() => loadChats(true)}>{t("chats.more")}</button>}
      </div>
      <UserMenu />
    </nav>
  );
}

/** Chats by when they were last used; what a search finds is in its own order. */
function groups(list: ChatHead[]): [string, ChatHead[]][] {
  if (query.value) return list.length ? [[t("search.found", { n: list.length }), list]] : [];
  const day = 86_400_000, midnight = new Date().setHours(0, 0, 0, 0);
  const out = new Map<string, ChatHead[]>();
  for (const c of list) {
    const at = +new Date(c.updated);
    const name = at >= midnight ? t("today") : at >= midnight - day ? t("yesterday") : at >= midnight - 7 * day ? t("this.week") : date(c.updated, { year: "numeric", month: "long" });
    out.set(name, [...(out.get(name) ?? []), c]);
  }
  return [...out];
}

/** A text with the words of a search marked. */
function marked(text: string, words: string) {
  const parts = words.split(/\s+/).filter(Boolean).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!parts.length) return text;
  return text.split(new RegExp(`(${parts.join("|")})`, "gi")).map((s, i) => (i % 2 ? <mark key={i}>{s}</mark> : s));
}

function ChatRow({ c }: { c: ChatHead }) {
  const [renaming, rename] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [title, set] = useState(c.title);
  const here = route.value.page === "chat" && chat.value?.id === c.id;
  const id = encodeURIComponent(c.id);
  const to = c.message ? `#/chat/${id}/${encodeURIComponent(c.message)}` : `#/chat/${id}`;
  const name = c.title || t("untitled");
  return (
    <li class={here ? "here" : ""}>
      <a href={to} aria-current={here ? "page" : undefined} onClick={() => { drawer.value = false; }} title={name}>
        <span class="chat-title">{name}</span>
        {c.snippet && <span class="snippet">{marked(c.snippet, query.value)}</span>}
      </a>
      {c.running && <span class="live" role="img" aria-label={t("chat.running")} title={t("chat.running")} />}
      <Menu label={t("chat.menu", { title: name })} button={<Icon name="more" />} class="icon-button row-menu" choices={() => [
        { label: t("rename"), icon: "edit", do: () => { set(c.title); rename(true); } },
        { label: t("export.md"), icon: "share", href: `/api/chats/${id}/export?format=md` },
        { label: t("export.json"), icon: "share", href: `/api/chats/${id}/export?format=json` },
        { label: t("delete"), icon: "trash", bad: true, do: () => setRemoving(true) },
      ]} />
      {renaming && (
        <Dialog title={t("rename")} onClose={() => rename(false)} class="small">
          <form onSubmit={(e) => { e.preventDefault(); change(c.id, { title }).then(() => rename(false), fail); }}>
            <Field label={t("title")}><input type="text" value={title} maxLength={200} required onInput={(e) => set(e.currentTarget.value)} autofocus /></Field>
            <div class="buttons"><button type="button" onClick={() => rename(false)}>{t("cancel")}</button><button class="main">{t("save")}</button></div>
          </form>
        </Dialog>
      )}
      {removing && <Confirm title={t("delete.title")} text={t("delete.text", { title: name })} yes={t("delete")} onYes={() => { remove(c.id).catch(fail); }} onClose={() => setRemoving(false)} />}
    </li>
  );
}

function UserMenu() {
  const u = me.value?.user;
  if (!u) return null;
  const local = u.role === "local";
  return (
    <div class="rail-foot">
      <Menu worded label={t("account.menu")} class="user-button" button={<><span class="avatar"><Icon name="user" /></span><span class="user-name">{local ? t("local.user") : u.name}</span><Icon name="more" /></>} choices={() => [
        { label: t("account"), icon: "user", href: "#/account" },
        ...(u.role === "admin" || local ? [{ label: t("admin"), icon: "shield" as const, href: "#/admin" }] : []),
        ...(me.value?.features.inspect ? [
          { label: t("inspector"), icon: "lens" as const, href: "/inspect/" }, { label: t("report.page"), icon: "books" as const, href: "/report" },
        ] : []),
        { label: t("shortcuts"), icon: "keys", do: () => { document.dispatchEvent(new CustomEvent("shortcuts")); } },
        ...(local ? [] : [{ label: t("logout"), icon: "out" as const, do: () => { call("POST", "/api/logout", {}).then(() => { dropDrafts(); location.assign("/"); }, fail); } }]),
      ]} />
    </div>
  );
}
