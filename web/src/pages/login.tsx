// Coming in: login, the first admin, an invitation.
import { useEffect, useState } from "preact/hooks";
import { ApiError, me, post } from "../api.ts";
import { language, languages, setLanguage, t, type Language } from "../i18n.ts";
import { go, route } from "../route.ts";
import { errorText } from "../store.ts";
import type { Me } from "../types.ts";
import { Field } from "../parts/basics.tsx";
import { Icon, Wheel } from "../parts/icons.tsx";

export function Door() {
  const r = route.value, my = me.value!;
  const kind = my.setup ? "setup" : r.page === "join" ? "join" : "login";
  const [name, setName] = useState(""), [password, setPassword] = useState("");
  const [token, setToken] = useState(r.page === "setup" || r.page === "join" ? r.token : "");
  useEffect(() => { if (r.page === "setup" || r.page === "join") setToken(r.token); }, [r]); // a link opened on a door that stands here
  const [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false);
  const fresh = kind !== "login";
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setWrong("");
    try {
      const body = kind === "setup" ? { token, name, password } : kind === "join" ? { invitation: token, name, password } : { name, password };
      const next = await post<Me>(`/api/${kind}`, body);
      if (r.page === "join" || r.page === "setup") go("#/", true);
      me.value = next;
    } catch (e) {
      const c = e instanceof ApiError ? e.code : "internal", after = e instanceof ApiError ? e.after : 0;
      setWrong(kind === "login" && (c === "not_logged_in" || c === "forbidden" || c === "bad_request") ? t("login.wrong")
        : kind === "join" && (c === "not_found" || c === "forbidden") ? t("join.wrong") : kind === "setup" && (c === "forbidden" || c === "not_found") ? t("setup.wrong")
        : c === "conflict" ? t("name.taken") : c === "bad_request" ? (e as ApiError).message : errorText(c) + (after ? " " + t("error.wait", { n: after }) : ""));
      setBusy(false);
    }
  };
  return (
    <main class="door">
      <form onSubmit={submit}>
        <Wheel />
        <h1>{t(`${kind}.title`)}</h1>
        <p class="dim">{t(`${kind}.text`)}</p>
        {fresh && <Field label={t(`${kind}.token`)}><input type="text" value={token} required autocomplete="off" spellcheck={false} onInput={(e) => setToken(e.currentTarget.value.trim())} /></Field>}
        <Field label={t("user.name")}><input type="text" value={name} required autocomplete="username" autocapitalize="none" onInput={(e) => setName(e.currentTarget.value)} autofocus /></Field>
        <Field label={t("password")} hint={fresh ? t("password.hint") : undefined}><input type="password" value={password} required minLength={fresh ? 8 : undefined} autocomplete={fresh ? "new-password" : "current-password"} onInput={(e) => setPassword(e.currentTarget.value)} /></Field>
        {wrong && <p class="warning" role="alert"><Icon name="warn" />{wrong}</p>}
        <button class="main wide" disabled={busy}>{t(`${kind}.go`)}</button>
        {my.oidc && kind === "login" && <a class="button wide" href="/api/oidc/start">{t("login.oidc")}</a>}
      </form>
      <LanguagePick />
    </main>
  );
}

export function LanguagePick({ onPick }: { onPick?: (l: Language) => void }) {
  return (
    <select class="language" aria-label={t("language")} value={language.value} onChange={(e) => { setLanguage(e.currentTarget.value as Language); onPick?.(language.value); }}>
      {languages.map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
    </select>
  );
}
