// The page as a whole.
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { effect, useSignalEffect } from "@preact/signals";
import { ApiError, get, me, online } from "./api.ts";
import { language, match, setLanguage, stored, t } from "./i18n.ts";
import { go, route } from "./route.ts";
import { announced, toast } from "./say.ts";
import { forgetChats, loadChats } from "./chats.ts";
import { blank, chat, forget, loadModels, openChat, refresh, temporary } from "./store.ts";
import type { Me } from "./types.ts";
import { CitationCard } from "./parts/cite.tsx";
import { drawer, narrow, railOpen } from "./parts/frame.ts";
import { Wheel } from "./parts/icons.tsx";
import { Rail } from "./parts/rail.tsx";
import { Shortcuts } from "./parts/shortcuts.tsx";
import { AccountPage } from "./pages/account.tsx";
import { AdminPage } from "./pages/admin.tsx";
import { ChatPage } from "./pages/chat.tsx";
import { Door } from "./pages/login.tsx";

async function start(tries = 0) {
  try {
    const my = await get<Me>("/api/me");
    if (my.language && !stored("language")) setLanguage(match(my.language));
    me.value = my;
  } catch (e) {
    const wait = e instanceof ApiError && e.after ? e.after * 1000 : Math.min(8000, 500 * 2 ** tries);
    setTimeout(() => start(tries + 1), wait);
  }
}

function App() {
  const my = me.value;
  if (!my) return <main class="door" aria-busy="true"><Wheel turning /><h1 class="sr-only">{t("brand")}</h1>{!online.value && <p class="dim">{t("error.offline")}</p>}</main>;
  return <>{my.setup || !my.user ? <Door /> : <Shell />}<Announcements /></>;
}

function Shell() {
  useSignalEffect(() => {
    language.value; // notes on models come in words
    loadModels();
  });
  useEffect(() => {
    const poll = setInterval(() => { if (document.visibilityState === "visible" && online.value) loadChats(); }, 15_000);
    const look = () => {
      if (document.visibilityState !== "visible") return;
      loadChats();
      refresh().catch(() => {});
    };
    const on = () => { online.value = true; look(); };
    const off = () => { online.value = false; };
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", on);
    window.addEventListener("offline", off);
    return () => {
      forget();
      forgetChats();
      clearInterval(poll);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", on);
      window.removeEventListener("offline", off);
    };
  }, []);
  useSignalEffect(() => {
    const r = route.value;
    drawer.value = false; // it would lie over the page that was asked for
    if (r.page === "join" || r.page === "setup") go("#/", true);
    else if (r.page === "chat" && r.id) openChat(r.id, r.message);
    else if (r.page === "chat" && chat.peek()) {
      temporary.value = false;
      blank();
    }
  });
  const r = route.value;
  return (
    <div class={`shell ${railOpen.value ? "with-rail" : ""}`}>
      <button type="button" class="skip" onClick={() => (document.getElementById("question") ?? document.querySelector<HTMLElement>("main a, main button"))?.focus()}>{t("skip.to")}</button>
      {railOpen.value && narrow.value && <div class="shade" onClick={() => { drawer.value = false; }} />}
      {railOpen.value && <Rail />}
      <div class="main" inert={narrow.value && drawer.value}>{r.page === "account" ? <AccountPage /> : r.page === "admin" ? <AdminPage /> : <ChatPage />}</div>
      <CitationCard />
      <Shortcuts />
    </div>
  );
}

function Announcements() {
  const now = toast.value;
  return (
    <>
      <div class="sr-only" role="status" aria-live="polite">{announced.value}</div>
      <div class={`toast ${now ? "on" : ""} ${now?.bad ? "bad" : ""}`} role={now?.bad ? "alert" : "status"}>{now?.text}</div>
    </>
  );
}

effect(() => { document.documentElement.lang = language.value; });
render(<App />, document.getElementById("app")!);
start();
