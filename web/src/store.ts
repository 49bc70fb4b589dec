// What the page knows: the chat that is open, its tree, and the answers that are being written.
import { batch, computed, signal, type Signal } from "@preact/signals";
import { ApiError, call, get, me, post, sendKey } from "./api.ts";
import { follow } from "./events.ts";
import { go, route } from "./route.ts";
import { leaf, pair, path, siblings, tree, type Tree } from "./tree.ts";
import type { Ask, Chat, ChatHead, Citation, Mark, Message, Mode, Model, Source, Stage } from "./types.ts";
import { draft, prefs, setDraft } from "./prefs.ts";
import { loadChats } from "./chats.ts";
import { announce, say, t } from "./say.ts";
import { catalogues, type Key } from "./i18n.ts";

export interface Live extends Message {
  stages?: Stage[];
  began?: number; // ms, of this page's clock
  lost?: number; // tries to connect again
  stopping?: boolean;
}

export const models = signal<Model[]>([]);
export const preset = signal("");
/** Why there are no models: not known yet, the model server does not answer, or it has none. */
export const modelless = signal<"loading" | "unreachable" | "empty">("loading");
export const chat = signal<ChatHead | null>(null);
export const loading = signal(false);
export const gone = signal(false); // the chat asked for does not exist
export const shape = signal<Tree>(tree([]));
export const active = signal<string | undefined>(undefined);
export const shown = computed(() => path(shape.value, active.value));
/** The message to look at, after a search. */
export const target = signal<string | undefined>(undefined);
export const temporary = signal(false);

const cells = new Map<string, Signal<Live>>();
const nothing = signal<Live>({ id: "", chat: "", role: "assistant", text: "", created: "", state: "done" });
/** What is known of a message; of one that is gone, while something still shows it, nothing. */
export const cell = (id: string) => cells.get(id) ?? nothing;
const followers = new Map<string, AbortController>();
export const writing = () => followers.size > 0;

export const running = computed(() => shown.value.flatMap((id) => pair(shape.value, id) ?? [id]).filter((id) => cell(id)?.value.state === "running"));
/** The blind pair at the end of what is shown, which waits for a choice. */
export const choosing = computed(() => {
  const last = shown.value[shown.value.length - 1];
  return last ? pair(shape.value, last) : undefined;
});
export const model = computed(() => models.value.find((m) => m.id === prefs.model.value) ?? models.value.find((m) => m.id === preset.value) ?? models.value[0]);

/** How to answer. Where there is a corpus, asking it is the better start. */
export const mode = computed<Mode>(() => {
  const m = prefs.mode.value || "corpus";
  return modes.value.includes(m) ? m : modes.value[0];
});
/** The ways that can be asked in; quotes need something to quote from. */
export const modes = computed<Mode[]>(() => {
  const f = me.value?.features, all: Mode[] = model.value?.kind === "extractive" ? [] : ["plain"];
  if (f?.corpus) all.push("corpus");
  if (f?.web) all.push("web");
  return all.length ? all : ["plain"];
});

const byId = (id: string) => models.value.find((m) => m.id === id);
/** Whether a model only quotes, as it is asked now. */
export const quotes = (m?: Model) => m?.kind === "extractive" || (mode.value !== "plain" && !!m?.note);
/** The model to compare with. */
const rival = computed(() => byId(prefs.rival.value) ?? model.value);
/** Whether two answers can differ: two that quote are the same. */
export const comparable = computed(() => !quotes(model.value) || !quotes(rival.value));

/** Fetches the list of models, again and again until there are some: a model may still be loading. */
export async function loadModels(tries = 0): Promise<void> {
  try {
    const r = await get<{ models: Model[]; default: string }>("/api/models");
    batch(() => {
      models.value = r.models ?? [];
      preset.value = r.default;
      modelless.value = "empty";
    });
    if (models.value.length) return;
  } catch (e) {
    if (e instanceof ApiError && e.code === "not_logged_in") return;
    if (e instanceof ApiError && e.code === "upstream") modelless.value = "unreachable";
  }
  setTimeout(() => loadModels(tries + 1), Math.min(10_000, 1000 * 2 ** tries));
}

function put(messages: Message[]) {
  batch(() => {
    for (const m of messages) {
      const c = cells.get(m.id);
      if (!c) cells.set(m.id, signal<Live>(m));
      else if (!followers.has(m.id)) c.value = { ...c.value, ...m };
    }
    shape.value = tree([...cells.values()].map((c) => c.peek()));
  });
  for (const m of messages) if (m.role === "assistant" && m.state === "running") watch(m.id);
}

function clear() {
  const left = chat.peek();
  if (left?.temporary) call("DELETE", `/api/chats/${left.id}`).catch(() => {}); // temporary chats end when one leaves them
  for (const f of followers.values()) f.abort();
  followers.clear();
  batch(() => {
    cells.clear();
    shape.value = tree([]);
    active.value = undefined;
    chat.value = null;
    gone.value = false;
  });
}

if (typeof window !== "undefined") window.addEventListener("pagehide", () => {
  const left = chat.peek();
  if (left?.temporary) fetch(`/api/chats/${left.id}`, { method: "DELETE", keepalive: true, headers: { "X-Feilun-CSRF": me.peek()?.csrf ?? "" } }).catch(() => {});
});

/** Opens a chat, at a message when one is named. */
export async function openChat(id: string, message?: string) {
  if (chat.peek()?.id === id) {
    if (message) show(message);
    return;
  }
  clear();
  loading.value = true;
  try {
    const { messages, ...head } = await get<Chat>(`/api/chats/${encodeURIComponent(id)}`);
    if (wanted() !== id) return;
    batch(() => {
      chat.value = head;
      temporary.value = !!head.temporary;
      put(messages ?? []);
      active.value = message && cells.has(message) ? leaf(shape.peek(), message) : head.active;
      target.value = message;
    });
  } catch (e) {
    if (e instanceof ApiError && (e.status === 404 || e.status === 403)) gone.value = true;
    else fail(e);
  } finally {
    if (wanted() === id) loading.value = false;
  }
}

const wanted = () => (route.peek().page === "chat" ? (route.peek() as { id?: string }).id : undefined);

/** An empty page for a new chat. */
export function blank() {
  clear();
  loading.value = false;
  target.value = undefined;
}

/** The open chat was deleted elsewhere. */
function lose() {
  const id = chat.peek()!.id, unsent = draft(id);
  setDraft(id, "");
  if (unsent && !draft("new")) setDraft("new", unsent);
  chat.value = null; // nothing is left to delete there
  clear();
  gone.value = true;
  loadChats();
}

/** Forgets all chats: the session has ended, and whoever comes next need not be the same. */
export function forget() {
  chat.value = null;
  clear();
  made = null;
}

/** Fetches the open chat again: another window or device may have gone on with it. */
export async function refresh() {
  const open = chat.peek();
  if (!open) return;
  let found: Chat;
  try {
    found = await get<Chat>(`/api/chats/${encodeURIComponent(open.id)}`);
  } catch (e) {
    if (e instanceof ApiError && e.status === 404 && chat.peek()?.id === open.id) lose();
    throw e;
  }
  const { messages, ...head } = found;
  if (chat.peek()?.id !== open.id) return;
  batch(() => {
    chat.value = head;
    put(messages ?? []);
    const at = active.peek();
    if (at && cells.has(at)) active.value = leaf(shape.peek(), at); // what was added below
  });
}

export function show(id: string) {
  const to = leaf(shape.peek(), id);
  batch(() => {
    active.value = to;
    target.value = id;
  });
  keepActive(to);
}

/** Goes to the sibling before (-1) or after (1) a message. */
export function turn(id: string, by: number) {
  const all = siblings(shape.peek(), id), to = all[all.indexOf(id) + by];
  if (!to) return;
  active.value = leaf(shape.peek(), to);
  keepActive(active.peek()!);
}

function keepActive(id: string) {
  const open = chat.peek();
  if (open) call("PATCH", `/api/chats/${open.id}`, { active: id }).catch(() => {});
}

export const fail = (e: unknown) => {
  if (e instanceof ApiError && e.code === "not_logged_in") return;
  say(e instanceof ApiError ? errorText(e.code) : String(e), true);
};

/** What an error is called; of a kind that the page does not know, that the server failed. */
export const errorText = (code = "internal") => t(`error.${code}` in catalogues.en ? (`error.${code}` as Key) : "error.internal");

/** What a send asks for beside its text, as it is set on the page. */
export function wishes(): Pick<Ask, "mode" | "model" | "params"> {
  return { mode: mode.peek(), model: model.peek()?.id, params: prefs.params.peek() };
}

/** Codes with which only the server itself refuses a question; others may come from what stands between, behind which it was taken. */
const refusals = ["upstream", "bad_request", "rate_limited", "too_large", "context_full"];
let made: ChatHead | null = null; // a chat whose first message did not get through

/** Sends a question below a parent; throws ApiError. The same key again sends nothing twice. */
export async function ask(text: string, parent: string | undefined, key = sendKey(), compare = prefs.compare.peek()): Promise<void> {
  let open = chat.peek();
  if (!open) {
    const before = wanted();
    if (!made || !!made.temporary !== temporary.peek()) {
      const { messages: _, ...head } = await post<Chat>("/api/chats", temporary.peek() ? { temporary: true } : {});
      made = head;
    }
    if (wanted() !== before) return;
    open = made;
  }
  const body: Ask = { key, parent, text, ...wishes() };
  if (compare && comparable.peek()) body.compare = { model: rival.peek()?.id };
  const r = await post<{ question: Message; answers: Message[] }>(`/api/chats/${open.id}/messages`, body).catch((e) => {
    if (e instanceof ApiError && e.status === 404) refresh().catch(() => {}); // perhaps deleted elsewhere
    if (made === open && e instanceof ApiError && refusals.includes(e.code)) { // nothing of it was kept: no empty chat is to stay
      made = null;
      call("DELETE", `/api/chats/${open!.id}`).catch(() => {});
    }
    throw e;
  });
  const here = chat.peek()?.id === open.id || (!chat.peek() && !wanted());
  made = null;
  if (!here) return;
  batch(() => {
    if (!chat.peek()) chat.value = { ...open!, title: open!.title || text.slice(0, 60) };
    put([r.question, ...r.answers]);
    active.value = r.answers[0]?.id ?? r.question.id;
    target.value = undefined;
  });
  if (wanted() !== open.id) go(`#/chat/${encodeURIComponent(open.id)}`, true);
  announce(t("said.started"));
  loadChats();
}

/** Asks for another answer to a question, by another model when one is named. */
export async function again(question: string, options: { model?: string; compare?: boolean } = {}) {
  const { model: other, compare } = options;
  const body: Ask = { key: sendKey(), ...wishes(), ...(other ? { model: other } : {}) };
  if (body.mode === "plain" && models.peek().find((m) => m.id === other)?.kind === "extractive") body.mode = "corpus"; // quotes need pages
  if (compare) body.compare = { model: rival.peek()?.id };
  try {
    const r = await post<{ answers: Message[] }>(`/api/messages/${question}/answers`, body);
    batch(() => {
      put(r.answers);
      active.value = r.answers[0].id;
    });
    announce(t("said.started"));
  } catch (e) {
    fail(e);
  }
}

/** Keeps an answer as the user would have it, beside the one that was given. */
export async function rewrite(id: string, text: string) {
  const { message } = await call<{ message: Message }>("PUT", `/api/messages/${id}`, { text });
  batch(() => {
    put([message]);
    active.value = message.id;
  });
}

export async function stop(id: string) {
  const c = cell(id);
  if (c === nothing) return;
  flush();
  c.value = { ...c.value, stopping: true };
  try {
    const m = await post<Message>(`/api/messages/${id}/stop`);
    followers.get(id)?.abort();
    finish(id, m);
  } catch (e) {
    c.value = { ...c.value, stopping: false };
    fail(e);
  }
}

export async function rate(id: string, rating: { value: number; reasons?: string[]; text?: string; better?: string }) {
  const c = cell(id), before = c.value.rating;
  c.value = { ...c.value, rating: rating.value ? { value: rating.value, reasons: rating.reasons, text: rating.text } : undefined };
  try {
    await post<void>(`/api/messages/${id}/rating`, rating);
  } catch (e) {
    c.value = { ...c.value, rating: before };
    fail(e);
    throw e;
  }
}

export async function choose(id: string, choice: "a" | "b" | "tie" | "bad", shown_ms: number) {
  try {
    const r = await post<{ answers: Message[] }>(`/api/messages/${id}/choice`, { choice, shown_ms });
    batch(() => {
      put(r.answers);
      active.value = (r.answers.find((m) => m.side === (choice === "b" ? "b" : "a")) ?? r.answers[0]).id;
    });
    keepActive(active.peek()!);
    announce(t("said.chosen"));
  } catch (e) {
    fail(e);
  }
}

// --- answers as they are written

const coming = new Map<string, string>();
let cancel: (() => void) | undefined; // of the drawing that is to come

function flush() {
  cancel?.();
  cancel = undefined;
  batch(() => {
    for (const [id, text] of coming) {
      const c = cells.get(id);
      // A replay may not make the page shrink: until it has caught up, what the server gave first stays.
      if (c && text.length >= c.peek().text.length) c.value = { ...c.peek(), text };
    }
  });
}

function later() {
  if (cancel) return;
  if (document.hidden) { // hidden pages get no frames
    const timer = setTimeout(flush, 200);
    cancel = () => clearTimeout(timer);
  } else {
    const frame = requestAnimationFrame(flush); // numbered apart from timers: each is cancelled as what it is
    cancel = () => cancelAnimationFrame(frame);
  }
}
if (typeof document !== "undefined") document.addEventListener("visibilitychange", () => { if (cancel) flush(); });

function watch(id: string) {
  if (followers.has(id)) return;
  const stopper = new AbortController();
  followers.set(id, stopper);
  const change = (part: Partial<Live>) => {
    const c = cells.get(id);
    if (c && followers.get(id) === stopper) c.value = { ...c.peek(), ...part };
  };
  coming.set(id, "");
  const citations: Citation[] = [], marks: Mark[] = [], stages: Stage[] = [];
  change({ began: Date.now() });
  follow(`/api/messages/${id}/events`, 0, stopper.signal, (e) => {
    if (cells.get(id)?.peek().stopping && e.event !== "done") return;
    const d = JSON.parse(e.data);
    switch (e.event) {
      case "stage": stages.push(d); change({ stages: [...stages] }); break;
      case "sources": change({ sources: d.sources as Source[] }); break;
      case "citation": citations.push(d); change({ citations: [...citations] }); break;
      case "mark": marks.push(d); change({ marks: [...marks] }); break;
      case "text": coming.set(id, coming.get(id)! + d.text); later(); break;
      case "done": finish(id, d.message); break;
    }
  }, (lost) => change({ lost })).catch((e) => {
    if (followers.get(id) !== stopper) return;
    followers.delete(id);
    change({ state: "error", error: { code: e instanceof ApiError ? e.code : "internal", message: String(e.message) } });
  });
}

function finish(id: string, m: Message) {
  coming.delete(id);
  followers.delete(id);
  const c = cells.get(id);
  if (!c) return;
  batch(() => {
    const { stages, began } = c.peek();
    c.value = { ...m, stages, began };
    shape.value = tree([...cells.values()].map((k) => k.peek()));
  });
  announce(t(m.state === "done" ? "said.finished" : m.state === "stopped" ? "said.stopped" : "said.failed"));
  loadChats();
}

/** What the open chat may be used for. Consent counts for chats begun after it was given; older ones are allowed one by one. */
export const scope = computed(() => {
  if (temporary.value) return "none";
  const open = chat.value, mine = me.value?.consent;
  if (open?.consent === "no" || !mine) return "none";
  if (open?.consent === "yes") return mine.scope === "none" ? "improve" : mine.scope;
  return open && mine.given && open.created < mine.given ? "none" : mine.scope;
});
