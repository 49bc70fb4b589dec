// What the audit log says, in words.
import { catalogues, t, type Key } from "../i18n.ts";

/** What was done. */
export function deed(action: string): string {
  const user = /^user is (\w+), disabled (true|false)$/.exec(action);
  if (user) return t(user[2] === "true" ? "deed.user.disabled" : "deed.user", { role: role(user[1]) });
  const key = `deed.${action.replaceAll(" ", ".")}`;
  return key in catalogues.en ? t(key as Key) : action;
}

/** Who did it, or to whom or what: people by their names. */
export function whom(id: string, names: Record<string, string>): string {
  return (Object.hasOwn(names, id) && names[id]) || (id === "local" ? t("local.user") : role(id));
}

function role(r: string): string {
  const key = `role.${r}`;
  return key in catalogues.en ? t(key as Key) : r;
}
