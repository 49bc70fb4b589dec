// Where the page is: the part of the address after #, which is never sent to the server, so that invitations stay out of its books.
import { signal } from "@preact/signals";

export type Route =
  | { page: "chat"; id?: string; message?: string }
  | { page: "account" | "admin" }
  | { page: "join" | "setup"; token: string };

export function parse(hash: string): Route {
  const [page, a, b] = hash.replace(/^#\/?/, "").split("/").map((s) => {
    try {
      return decodeURIComponent(s);
    } catch {
      return s;
    }
  });
  if (page === "chat" && a) return { page, id: a, message: b || undefined };
  if (page === "account" || page === "admin") return { page };
  if (page === "join" || page === "setup") return { page, token: a ?? "" };
  return { page: "chat" };
}

export const route = signal<Route>(typeof location === "undefined" ? { page: "chat" } : parse(location.hash));
if (typeof window !== "undefined") window.addEventListener("hashchange", () => { route.value = parse(location.hash); });

export function go(hash: string, replace = false) {
  if (replace) {
    history.replaceState(null, "", hash || location.pathname);
    route.value = parse(hash);
  } else location.hash = hash || "#/";
}
