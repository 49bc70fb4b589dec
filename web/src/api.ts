// Requests to the server, and the events of answers.
import { signal } from "@preact/signals";
import { language } from "./i18n.ts";
import type { Me } from "./types.ts";

/** What went wrong with a request; code is one of the contract's, or "offline". */
export class ApiError extends Error {
  status: number;
  code: string;
  /** Seconds after which to try again, where the server said so. */
  after: number;
  constructor(status: number, code: string, message: string, after = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.after = after;
  }
}

export const me = signal<Me | null>(null);
/** Whether the last request reached the server. */
export const online = signal(true);

async function failure(r: Response): Promise<ApiError> {
  const after = Number(r.headers.get("Retry-After")) || 0;
  try {
    const { error } = await r.json();
    return new ApiError(r.status, String(error.code || "internal"), String(error.message || ""), after);
  } catch {
    return new ApiError(r.status, r.status === 429 ? "rate_limited" : r.status === 503 ? "busy" : "internal", r.statusText, after);
  }
}

/** Sends a request and gives the response; all that is no success is an ApiError. */
export async function send(method: string, path: string, body?: unknown, signal?: AbortSignal, again = false): Promise<Response> {
  const headers: Record<string, string> = { "Accept-Language": language.peek() }; // some answers have words in them
  if (method !== "GET" && me.value) headers["X-Feilun-CSRF"] = me.value.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let r: Response;
  try {
    r = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal, credentials: "same-origin" });
  } catch (e) {
    if (signal?.aborted) throw e;
    online.value = false;
    throw new ApiError(0, "offline", String(e));
  }
  online.value = true;
  if (r.ok) return r;
  const e = await failure(r);
  if (e.code === "forbidden" && method !== "GET" && !again && path !== "/api/me") {
    // The token may be of a session or a server before this one.
    const fresh = await fetch("/api/me", { credentials: "same-origin" }).then((x) => x.json() as Promise<Me>).catch(() => null);
    if (fresh && me.value && fresh.csrf !== me.value.csrf) {
      me.value = fresh;
      return send(method, path, body, signal, true);
    }
  }
  if (e.code === "not_logged_in" && me.value?.user) me.value = { ...me.value, user: undefined };
  throw e;
}

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const r = await send(method, path, body, signal);
  return (r.status === 204 ? undefined : await r.json()) as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>("GET", path, undefined, signal);
export const post = <T>(path: string, body?: unknown) => call<T>("POST", path, body ?? {});

/** The key of one send: the same send again starts nothing new. */
export function sendKey(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
}
