// Server-sent events over fetch: unlike EventSource this backs off, and says why it cannot connect.
import { ApiError, send } from "./api.ts";

export interface Event { id: number; event: string; data: string }

/** Cuts a stream into events; pieces may end anywhere. */
export class EventParser {
  private rest = "";
  push(piece: string): Event[] {
    this.rest += piece;
    const out: Event[] = [];
    for (;;) {
      const m = /\r?\n\r?\n/.exec(this.rest);
      if (!m) return out;
      const e: Event = { id: 0, event: "message", data: "" };
      const data: string[] = [];
      for (const line of this.rest.slice(0, m.index).split(/\r?\n/)) {
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "data") data.push(value);
        else if (field === "event") e.event = value;
        else if (field === "id") e.id = Number(value) || 0;
      }
      this.rest = this.rest.slice(m.index + m[0].length);
      e.data = data.join("\n");
      if (data.length) out.push(e);
    }
  }
}

const quiet = 45_000; // ms without a byte, three missed pings, after which a connection counts as dead

async function once(path: string, from: number, signal: AbortSignal, on: (e: Event) => void): Promise<void> {
  const dead = new AbortController();
  const stop = () => dead.abort();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, quiet);
  try {
    const r = await send("GET", `${path}?from=${from}`, undefined, dead.signal);
    const reader = r.body!.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(stop, quiet);
      for (const e of parser.push(value)) on(e);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** How long to wait before try number n, in ms: doubling from 0.3 s up to 10 s, with a random half. */
export const backoff = (n: number, random = Math.random()) => Math.min(10_000, 300 * 2 ** n) * (0.5 + random / 2);

/**
 * Gives all events of an answer after number `from`, in order and each once, and returns after `done`. It connects again as often
 * as it takes; `lost` is told the number of tries since the last event.
 */
export async function follow(path: string, from: number, signal: AbortSignal, on: (e: Event) => void, lost: (tries: number) => void): Promise<void> {
  let tries = 0, ended = false;
  while (!ended && !signal.aborted) {
    try {
      await once(path, from, signal, (e) => {
        if (e.id && e.id <= from) return;
        if (tries) lost((tries = 0));
        if (e.id) from = e.id;
        if (e.event === "done") ended = true;
        on(e);
      });
    } catch (e) {
      if (e instanceof ApiError && e.status >= 400 && e.status < 500 && e.status !== 429) throw e;
    }
    if (ended || signal.aborted) return;
    lost(++tries);
    await new Promise<void>((done) => {
      const t = setTimeout(go, backoff(tries - 1));
      function go() { clearTimeout(t); window.removeEventListener("online", go); signal.removeEventListener("abort", go); done(); }
      window.addEventListener("online", go);
      signal.addEventListener("abort", go);
    });
  }
}
