// The chat: head, conversation or first words, composer.
import { useEffect } from "preact/hooks";
import { me } from "../api.ts";
import { language, t } from "../i18n.ts";
import { chat, gone, loading, mode, model, modelless, models, quotes, shown, temporary } from "../store.ts";
import { Composer, handed } from "../parts/composer.tsx";
import { Head } from "../parts/head.tsx";
import { Wheel } from "../parts/icons.tsx";
import { Transcript } from "../parts/transcript.tsx";
import { newChat } from "../parts/rail.tsx";

export function ChatPage() {
  const empty = !shown.value.length && !loading.value && !gone.value;
  const title = chat.value ? `${chat.value.title || t("untitled")} · ${t("brand")}` : t("brand");
  useEffect(() => { document.title = title; }, [title]);
  return (
    <main class={`chat ${empty ? "empty" : ""} ${temporary.value ? "secret" : ""}`}>
      <Head />
      {gone.value ? <div class="first-words"><h2>{t("chat.gone")}</h2><p><button type="button" class="main" onClick={() => newChat()}>{t("new.chat")}</button></p></div>
        : loading.value ? <div class="scroller"><Skeleton /></div> : empty ? <FirstWords /> : <Transcript />}
      {!gone.value && <Composer />}
    </main>
  );
}

/** Questions that the server knows to have answers, or else beginnings of questions. */
function suggestions(): string[] {
  const known = me.value?.suggestions ?? [];
  if (known.length) { // those in the page's language first: small windows show but two
    const zh = language.value !== "en", own = known.filter((s) => /\p{Script=Han}/u.test(s) === zh);
    return [...own, ...known.filter((s) => !own.includes(s))].slice(0, 4);
  }
  return mode.value === "plain" ? [t("start.explain"), t("start.write"), t("start.translate"), t("start.compare")] : [t("start.say"), t("start.when"), t("start.who"), t("start.compare")];
}

const Skeleton = () => <div class="transcript skeleton" role="status" aria-label={t("loading")}><i /><i /><i /><i /></div>;

function FirstWords() {
  const m = model.value, from = mode.value === "web" ? "web" : "corpus";
  return (
    <div class="first-words">
      <Wheel />
      <h2>{t(temporary.value ? "temporary.title" : "hello")}</h2>
      <p class="dim">{temporary.value ? t("temporary.hint") : models.value.length === 0 ? t(`model.${modelless.value}`) : t(models.value.every((x) => x.kind === "extractive") ? `hello.extractive.${from}` : quotes(m) ? `hello.quotes.${from}` : mode.value === "plain" ? "hello.plain" : "hello.cited")}</p>
      {!temporary.value && models.value.length > 0 && (
        <ul class="suggestions" aria-label={t("suggestions")}>
          {suggestions().map((s) => <li key={s}><button type="button" onClick={() => { handed.value = s; }}>{s}</button></li>)}
        </ul>
      )}
    </div>
  );
}
