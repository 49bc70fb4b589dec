// One's own account: language, look, password, keys, use of data.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, call, get, me, post } from "../api.ts";
import { date, t } from "../i18n.ts";
import { setTheme, theme, type Theme } from "../prefs.ts";
import { say } from "../say.ts";
import { fail } from "../store.ts";
import type { Key, Me } from "../types.ts";
import { Confirm, CopyButton, Field, IconButton } from "../parts/basics.tsx";
import { ConsentForm } from "../parts/consent.tsx";
import { railOpen, toggleRail } from "../parts/frame.ts";
import { LanguagePick } from "./login.tsx";

export function Page({ title, children }: { title: string; children: ComponentChildren }) {
  useEffect(() => { document.title = `${title} · ${t("brand")}`; });
  return (
    <main class="page">
      <header class="head">{!railOpen.value && <IconButton icon="menu" label={t("rail.show")} id="show-rail" onClick={toggleRail} />}<a class="back" href="#/">{t("back")}</a></header>
      <div class="page-body"><h1>{title}</h1>{children}</div>
    </main>
  );
}

export function AccountPage() {
  const u = me.value!.user!, local = u.role === "local";
  return (
    <Page title={t("account")}>
      {!local && <p class="dim">{t("account.who", { name: u.name, role: t(`role.${u.role}`) })}</p>}
      <section class="panel"><h2>{t("look")}</h2>
        <Field label={t("language")}><LanguagePick onPick={(l) => { call<Me>("PUT", "/api/me", { language: l }).then((m) => { me.value = m; }, fail); }} /></Field>
        <fieldset class="radios row"><legend>{t("theme")}</legend>
          {(["system", "light", "dark"] as Theme[]).map((x) => <label key={x}><input type="radio" name="theme" checked={theme.value === x} onChange={() => setTheme(x)} />{t(`theme.${x}`)}</label>)}
        </fieldset>
      </section>
      <section class="panel"><h2>{t("consent.title")}</h2><ConsentForm /></section>
      {!local && <Password />}
      <Keys />
      <p class="dim">{t("version", { version: me.value!.version })}</p>
    </Page>
  );
}

function Password() {
  const [old, setOld] = useState(""), [fresh, setFresh] = useState("");
  const submit = async (e: Event) => {
    e.preventDefault();
    try {
      me.value = await call<Me>("PUT", "/api/me", { password: { old, new: fresh } });
      setOld("");
      setFresh("");
      say(t("saved"));
    } catch (e) {
      if (e instanceof ApiError && (e.code === "forbidden" || e.code === "bad_request")) say(t("password.wrong"), true);
      else fail(e);
    }
  };
  return (
    <section class="panel"><h2>{t("password")}</h2>
      <form onSubmit={submit} class="row-form">
        <Field label={t("password.old")}><input type="password" required autocomplete="current-password" value={old} onInput={(e) => setOld(e.currentTarget.value)} /></Field>
        <Field label={t("password.new")}><input type="password" required minLength={8} autocomplete="new-password" value={fresh} onInput={(e) => setFresh(e.currentTarget.value)} /></Field>
        <button class="main">{t("save")}</button>
      </form>
    </section>
  );
}

const scopes = ["chat", "search", "admin", "export"] as const;

function Keys() {
  const [keys, setKeys] = useState<Key[]>([]);
  const [made, setMade] = useState<string | null>(null);
  const [removing, remove] = useState<Key | null>(null);
  const [name, setName] = useState(""), [chosen, setChosen] = useState<string[]>(["chat"]), [minute, setMinute] = useState(""), [day, setDay] = useState("");
  const load = () => get<{ keys: Key[] }>("/api/keys").then((r) => setKeys(r.keys ?? []), fail);
  useEffect(() => { load(); }, []);
  const allowed = scopes.filter((s) => s === "chat" || s === "search" || me.value!.user!.role !== "user");
  const submit = async (e: Event) => {
    e.preventDefault();
    try {
      const k = await post<Key>("/api/keys", { name, scopes: chosen, per_minute: Number(minute) || undefined, tokens_per_day: Number(day) || undefined });
      setMade(k.key ?? "");
      setName("");
      load();
    } catch (e) {
      fail(e);
    }
  };
  return (
    <section class="panel"><h2>{t("keys")}</h2>
      <p class="dim">{t("keys.text", { url: `${location.origin}/v1` })}</p>
      {keys.length > 0 && (
        <div class="table-box" tabIndex={0} role="region" aria-label={t("keys")}><table>
          <thead><tr><th scope="col">{t("name")}</th><th scope="col">{t("keys.scopes")}</th><th scope="col">{t("keys.limits")}</th><th scope="col">{t("keys.used")}</th><th /></tr></thead>
          <tbody>{keys.map((k) => (
            <tr key={k.id}><td>{k.name}{k.start && <> <code class="dim">{k.start}…</code></>}</td><td>{k.scopes.join(", ")}</td><td>{[k.per_minute && t("per.minute", { n: k.per_minute }), k.tokens_per_day && t("per.day", { n: k.tokens_per_day })].filter(Boolean).join(" · ") || "–"}</td><td>{k.used ? date(k.used) : t("never")}</td>
              <td><IconButton icon="trash" label={t("keys.delete", { name: k.name })} onClick={() => remove(k)} /></td></tr>
          ))}</tbody>
        </table></div>
      )}
      {made !== null && <div class="secret-box" role="status"><p>{t("keys.once")}</p><code>{made}</code><CopyButton text={() => made} withText /></div>}
      <form onSubmit={submit} class="row-form">
        <Field label={t("name")}><input type="text" required maxLength={80} value={name} onInput={(e) => setName(e.currentTarget.value)} /></Field>
        <Field label={t("keys.minute")}><input type="number" min={1} value={minute} placeholder={t("no.limit")} onInput={(e) => setMinute(e.currentTarget.value)} /></Field>
        <Field label={t("keys.day")}><input type="number" min={1} value={day} placeholder={t("no.limit")} onInput={(e) => setDay(e.currentTarget.value)} /></Field>
        <fieldset class="radios row"><legend>{t("keys.scopes")}</legend>
          {allowed.map((s) => <label key={s}><input type="checkbox" checked={chosen.includes(s)} onChange={(e) => setChosen(e.currentTarget.checked ? [...chosen, s] : chosen.filter((x) => x !== s))} />{t(`scope.${s}`)}</label>)}
        </fieldset>
        <button class="main" disabled={!chosen.length}>{t("keys.make")}</button>
      </form>
      {removing && <Confirm title={t("keys.delete", { name: removing.name })} text={t("keys.delete.text")} yes={t("delete")} onYes={() => { call("DELETE", `/api/keys/${removing.id}`).then(load, fail); }} onClose={() => remove(null)} />}
    </section>
  );
}

