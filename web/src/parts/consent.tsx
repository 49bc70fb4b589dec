// What may be done with what one says: nothing, until one allows it.
import { useState } from "preact/hooks";
import { get, me, post } from "../api.ts";
import { date, language, t } from "../i18n.ts";
import { say } from "../say.ts";
import { change } from "../chats.ts";
import { chat, fail } from "../store.ts";
import type { Me, Override, Scope, Withdrawn } from "../types.ts";
import { Confirm, Dialog } from "./basics.tsx";

const scopes: Scope[] = ["none", "improve", "publish"];

export async function giveConsent(scope: Scope) {
  me.value = await post<Me>("/api/consent", { scope, policy: me.value!.policy.version });
}

export function ConsentDialog({ onClose }: { onClose: () => void }) {
  return <Dialog title={t("consent.title")} onClose={onClose}><ConsentForm /></Dialog>;
}

export function ConsentForm() {
  const my = me.value!;
  const [gone, setGone] = useState<Withdrawn | null>(null);
  const [sure, ask] = useState<{ chat?: string } | null>(null);
  const open = chat.value;
  const stale = my.consent.scope !== "none" && my.consent.policy && my.consent.policy !== my.policy.version;
  const set = (s: Scope) => giveConsent(s).then(() => say(t("saved")), async (e) => {
    fail(e);
    me.value = await get<Me>("/api/me"); // the policy may have changed
  });
  const withdraw = async (id?: string) => {
    try {
      const w = await post<Withdrawn>("/api/consent/withdraw", id ? { chat: id } : {});
      setGone(w);
      if (id) await change(id, { consent: "no" });
      else me.value = await get<Me>("/api/me");
    } catch (e) {
      fail(e);
    }
  };
  return (
    <div class="consent">
      <fieldset class="radios big"><legend>{t("consent.everywhere")}</legend>
        {scopes.map((s) => (
          <label key={s}><input type="radio" name="scope" checked={my.consent.scope === s} onChange={() => set(s)} /><span><b>{t(`consent.${s}`)}</b><small>{t(`consent.${s}.text`)}</small></span></label>
        ))}
      </fieldset>
      {stale && <p class="warning">{t("consent.stale", { version: my.policy.version })} <button type="button" class="link" onClick={() => set(my.consent.scope)}>{t("consent.again")}</button></p>}
      {my.consent.given && my.consent.scope !== "none" && <p class="dim">{t("consent.given", { date: date(my.consent.given), version: my.consent.policy ?? "" })} {t("consent.since")}</p>}
      {open && !open.temporary && (
        <label class="field"><span>{t("consent.chat")}</span>
          <select value={open.consent} onChange={(e) => { change(open.id, { consent: e.currentTarget.value as Override }).then(() => say(t("saved")), fail); }}>
            {(["default", "yes", "no"] as const).map((o) => <option key={o} value={o}>{t(`consent.chat.${o}`)}</option>)}
          </select>
        </label>
      )}
      <details><summary>{t("consent.policy", { version: my.policy.version })}</summary><div class="policy">{(language.value === "en" ? my.policy.text.en : my.policy.text.zh).split(/\n{2,}/).map((p, i) => <p key={i}>{p}</p>)}</div></details>
      <div class="buttons">
        {open && !open.temporary && <button type="button" onClick={() => ask({ chat: open.id })}>{t("withdraw.chat")}</button>}
        <button type="button" class="danger" onClick={() => ask({})}>{t("withdraw.all")}</button>
      </div>
      {sure && <Confirm title={t(sure.chat ? "withdraw.chat" : "withdraw.all")} text={t(sure.chat ? "withdraw.chat.text" : "withdraw.all.text")} yes={t("withdraw.yes")} onYes={() => { withdraw(sure.chat); }} onClose={() => ask(null)} />}
      {gone && (
        <section class="withdrawn" role="status">
          <h3>{t("withdrawn")}</h3>
          <p>{t("withdrawn.touched", { events: gone.events, chats: gone.chats })}</p>
          {gone.exports?.length > 0 && <><p>{t("withdrawn.exports")}</p><ul>{gone.exports.map((x) => <li key={x.id}>{x.id} · {date(x.created)} · {t("rows", { n: x.rows })}</li>)}</ul></>}
          {gone.models?.length > 0 && <p>{t("withdrawn.models", { models: gone.models.join(", ") })}</p>}
          {!gone.exports?.length && !gone.models?.length && <p>{t("withdrawn.nowhere")}</p>}
        </section>
      )}
    </div>
  );
}
