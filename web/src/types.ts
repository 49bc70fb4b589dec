// What the server and the page say to one another: docs/formats/chat-api.md.

export type Role = "local" | "admin" | "curator" | "user";
export type Scope = "none" | "improve" | "publish";
export interface Consent { scope: Scope; policy?: string; given?: string }
export interface User { id: string; name: string; role: Role }
export interface Me {
  user?: User; csrf: string; setup: boolean; oidc: boolean; version: string; language?: string; consent: Consent;
  policy: { version: string; text: { en: string; zh: string } };
  features: { corpus: boolean; web: boolean; inspect: boolean };
  suggestions?: string[];
}

export interface Model {
  id: string; name: string; kind: "engine" | "upstream" | "extractive"; context: number;
  trained?: { corpus: string; date: string }; note?: string;
}

export type Override = "default" | "yes" | "no";
export interface ChatHead {
  id: string; title: string; created: string; updated: string; active?: string; temporary?: boolean; running?: boolean;
  consent: Override; snippet?: string; message?: string;
}
export interface Chat extends ChatHead { messages: Message[] }

export type Mode = "plain" | "corpus" | "web";
export interface Params {
  temperature?: number; top_p?: number; top_k?: number; min_p?: number; repetition_penalty?: number; max_tokens?: number;
  seed?: number; stop?: string[]; system?: string;
}
export interface Ask {
  key: string; parent?: string; text?: string; mode: Mode; model?: string; params?: Params; compare?: { model?: string };
}

export interface Source { n: number; doc: string; version: string; url: string; title: string; host: string; date?: string; fetched?: string }
export interface Citation {
  n: number; source: number; start: number; end: number; quote: string; sentence: [number, number]; support: number;
}
export interface Mark { from: number; to: number; why: "unsupported" | "injection" }
export interface Rating { value: number; reasons?: string[]; text?: string }
export type State = "running" | "done" | "stopped" | "error" | "interrupted";
export interface Message {
  id: string; chat: string; parent?: string; role: "user" | "assistant"; text: string; created: string; state: State;
  finish?: "stop" | "length"; error?: { code: string; message: string }; mode?: Mode; model?: string; params?: Params;
  seed?: number; tokens?: { prompt: number; completion: number }; ms?: number; edited?: string; side?: "a" | "b"; chosen?: boolean;
  kind?: "generated" | "extractive" | "unanswered"; sources?: Source[]; citations?: Citation[]; marks?: Mark[]; rating?: Rating;
}

export interface Stage { stage: "queue" | "search" | "read" | "write" | "check"; query?: string; found?: number; position?: number }
export interface Span { version: string; url: string; title: string; date?: string; before: string; text: string; after: string }

export interface Key { id: string; name: string; start?: string; scopes: string[]; created?: string; used?: string; per_minute?: number; tokens_per_day?: number; key?: string }
export interface Person { id: string; name: string; role: Role; disabled?: boolean; created: string; seen?: string }
export interface Entry { id: string; time: string; actor: string; action: string; object: string; from: string }
export interface Withdrawn { events: number; chats: number; exports: { id: string; created: string; rows: number }[]; models: string[] }
export interface Counts {
  users: number; chats: number; answers: number; kinds: Record<string, number>; models: Record<string, { answers: number; up: number; down: number }>;
  reasons: Record<string, number>; days: Record<string, number>;
}
export interface Backup { file: string; bytes: number; created: string }
