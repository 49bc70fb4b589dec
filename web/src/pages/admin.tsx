// For admins: people, invitations, what was done, backup, feedback.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { call, get, me, post } from "../api.ts";
import { date, number, t, time, type Key } from "../i18n.ts";
import { fail } from "../store.ts";
import type { Backup as Made, Counts, Entry, Person, Role } from "../types.ts";
import { CopyButton, Field } from "../parts/basics.tsx";
import { Icon } from "../parts/icons.tsx";
import { Page } from "./account.tsx";
import { deed, whom } from "./deeds.ts";

export function AdminPage() {
  const role = me.value?.user?.role;
  if (role !== "admin" && role !== "local") return <Page title={t("admin")}><p>{t("error.forbidden")}</p></Page>;
  return (
    <Page title={t("admin")}>
      <People />
      <Invitations />
      <Feedback />
      <Backup />
      <Audit />
    </Page>
  );
}

const roles: Role[] = ["user", "curator", "admin"];
/** Of people, by id. */
const names = signal<Record<string, string>>({});

function People() {
  const [all, set] = useState<Person[] | null>(null);
  useEffect(() => { get<{ users: Person[] }>("/api/admin/users").then((r) => { set(r.users ?? []); names.value = Object.fromEntries((r.users ?? []).map((p) => [p.id, p.name])); }, fail); }, []);
  const patch = (id: string, part: Partial<Person>) => {
    call<Partial<Person>>("PATCH", `/api/admin/users/${id}`, part).then(() => set(all!.map((p) => (p.id === id ? { ...p, ...part } : p))), (e) => { fail(e); set([...all!]); });
  };
  if (!all) return null;
  return (
    <section class="panel"><h2>{t("people")}</h2>
      <p class="dim">{t("people.private")}</p>
      {all.length === 0 ? <p>{t("people.none")}</p> : (
        <div class="table-box" tabIndex={0} role="region" aria-label={t("people")}><table>
          <thead><tr><th scope="col">{t("name")}</th><th scope="col">{t("role")}</th><th scope="col">{t("joined")}</th><th scope="col">{t("seen")}</th><th scope="col">{t("disabled")}</th></tr></thead>
          <tbody>{all.map((p) => (
            <tr key={p.id}><td>{p.name}</td>
              <td><select aria-label={t("role.of", { name: p.name })} value={p.role} disabled={p.id === me.value?.user?.id} onChange={(e) => patch(p.id, { role: e.currentTarget.value as Role })}>{roles.map((r) => <option key={r} value={r}>{t(`role.${r}`)}</option>)}</select></td>
              <td>{date(p.created)}</td><td>{p.seen ? date(p.seen) : t("never")}</td>
              <td><input type="checkbox" aria-label={t("disable", { name: p.name })} checked={!!p.disabled} disabled={p.id === me.value?.user?.id} onChange={(e) => patch(p.id, { disabled: e.currentTarget.checked })} /></td></tr>
          ))}</tbody>
        </table></div>
      )}
    </section>
  );
}

function Invitations() {
  const [role, setRole] = useState<Role>("user"), [days, setDays] = useState(7);
  const [made, set] = useState<{ invitation: string; url: string; expires: string } | null>(null);
  const submit = (e: Event) => {
    e.preventDefault();
    post<typeof made>("/api/admin/invitations", { role, days }).then(set, fail);
  };
  const url = made && (made.url ? new URL(made.url, location.origin).href : `${location.origin}/#/join/${encodeURIComponent(made.invitation)}`);
  return (
    <section class="panel"><h2>{t("invite")}</h2>
      <form onSubmit={submit} class="row-form">
        <Field label={t("role")}><select value={role} onChange={(e) => setRole(e.currentTarget.value as Role)}>{roles.map((r) => <option key={r} value={r}>{t(`role.${r}`)}</option>)}</select></Field>
        <Field label={t("invite.days")}><input type="number" min={1} max={90} value={days} onInput={(e) => setDays(Number(e.currentTarget.value))} /></Field>
        <button class="main">{t("invite.make")}</button>
      </form>
      {made && url && <div class="secret-box" role="status"><p>{t("invite.text", { date: date(made.expires) })}</p><code>{url}</code><CopyButton text={() => url} withText /></div>}
    </section>
  );
}

/** Counts of what there is to learn from. */
function Feedback() {
  const [all, set] = useState<Counts | null>(null);
  useEffect(() => { get<Counts>("/api/admin/feedback").then(set, fail); }, []);
  if (!all) return null;
  const models = Object.entries(all.models ?? {}).sort((a, b) => b[1].answers - a[1].answers);
  return (
    <section class="panel"><h2>{t("feedback")}</h2>
      <p class="dim">{t("feedback.text")}{all.answers > 0 && t("feedback.sum", { users: all.users, chats: all.chats, answers: all.answers })}</p>
      {!all.answers && <p>{t("feedback.none")}</p>}
      <div class="counts">
        <Bars name={t("feedback.kinds")} counts={all.kinds} word={(k) => t(`feedback.kind.${k}` as Key)} />
        <Bars name={t("feedback.reasons")} counts={all.reasons} word={(k) => t(`${k in reports ? "report" : "reason"}.${k}` as Key)} />
        <Bars name={t("feedback.days")} counts={all.days} word={(k) => date(k)} byName />
      </div>
      {models.length > 0 && (
        <div class="table-box" tabIndex={0} role="region" aria-label={t("feedback.models")}><table>
          <thead><tr><th scope="col">{t("fact.model")}</th><th scope="col" class="right">{t("feedback.answers")}</th><th scope="col" class="right">{t("feedback.kind.up")}</th><th scope="col" class="right">{t("feedback.kind.down")}</th></tr></thead>
          <tbody>{models.map(([id, m]) => <tr key={id}><td>{id}</td><td class="right">{number(m.answers)}</td><td class="right">{number(m.up)}</td><td class="right">{number(m.down)}</td></tr>)}</tbody>
        </table></div>
      )}
      <p class="links"><span class="dim">{t("feedback.export")}</span>{["sft", "kto", "dpo", "events", "frontier", "pages"].map((f) => <a key={f} href={`/api/admin/feedback/export?form=${f}`} download><Icon name="share" />{f.length === 3 ? f.toUpperCase() : t(`form.${f}` as Key)}</a>)}</p>
    </section>
  );
}

const reports = { wrong_source: 1, not_said: 1, outdated: 1 };

function Bars({ name, counts, word, byName }: { name: string; counts?: Record<string, number>; word: (key: string) => string; byName?: boolean }) {
  const rows = Object.entries(counts ?? {}).sort((a, b) => (byName ? (a[0] < b[0] ? 1 : -1) : b[1] - a[1])).slice(0, 14), most = Math.max(1, ...rows.map((r) => r[1]));
  if (!rows.length) return null;
  return (
    <figure class="bars"><figcaption>{name}</figcaption>
      <dl>{rows.map(([k, n]) => <><dt>{word(k)}</dt><dd><span class="bar" role="meter" aria-valuemin={0} aria-valuemax={most} aria-valuenow={n} aria-label={word(k)}><i style={{ width: `${(100 * n) / most}%` }} /></span><span>{number(n)}</span></dd></>)}</dl>
    </figure>
  );
}

function Backup() {
  const [made, set] = useState<Made | null>(null);
  const [busy, setBusy] = useState(false);
  const make = () => {
    setBusy(true);
    post<Made>("/api/admin/backup").then(set, fail).finally(() => setBusy(false));
  };
  return (
    <section class="panel"><h2>{t("backup")}</h2><p class="dim">{t("backup.text")}</p>
      {made && <p role="status">{t("backup.made", { file: made.file, size: number(made.bytes / 1e6, { maximumFractionDigits: 1 }) })}</p>}
      <button type="button" disabled={busy} onClick={make}>{t("backup.make")}</button>
    </section>
  );
}

function Audit() {
  const [rows, set] = useState<Entry[]>([]);
  const [next, setNext] = useState<string | undefined>();
  const load = (before?: string) => get<{ entries: Entry[]; next?: string }>(`/api/admin/audit?limit=50${before ? `&before=${encodeURIComponent(before)}` : ""}`).then((r) => {
    set((old) => (before ? [...old, ...(r.entries ?? [])] : (r.entries ?? [])));
    setNext(r.next);
  }, fail);
  useEffect(() => { load(); }, []);
  return (
    <section class="panel"><h2>{t("audit")}</h2>
      {rows.length === 0 ? <p class="dim">{t("audit.none")}</p> : (
        <div class="table-box" tabIndex={0} role="region" aria-label={t("audit")}><table>
          <thead><tr><th scope="col">{t("audit.time")}</th><th scope="col">{t("audit.actor")}</th><th scope="col">{t("audit.action")}</th><th scope="col">{t("audit.object")}</th><th scope="col">{t("audit.from")}</th></tr></thead>
          <tbody>{rows.map((e) => <tr key={e.id}><td>{time(e.time)}</td><td>{whom(e.actor, names.value)}</td><td>{deed(e.action)}</td><td>{whom(e.object, names.value)}</td><td>{e.from}</td></tr>)}</tbody>
        </table></div>
      )}
      {next && <button type="button" onClick={() => load(next)}>{t("chats.more")}</button>}
    </section>
  );
}
