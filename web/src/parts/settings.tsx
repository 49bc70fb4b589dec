// The model's parameters.
import { useRef, useState } from "preact/hooks";
import { t } from "../i18n.ts";
import { prefs } from "../prefs.ts";
import { models } from "../store.ts";
import type { Params } from "../types.ts";
import { nameOf } from "./answer.tsx";
import { Field, IconButton, Popup } from "./basics.tsx";

const numbers: [keyof Params & string, number, number, number][] = [
  ["temperature", 0, 2, 0.05], ["top_p", 0, 1, 0.01], ["top_k", 0, 200, 1], ["min_p", 0, 1, 0.01], ["repetition_penalty", 0.5, 2, 0.01], ["max_tokens", 1, 8192, 1],
];

export function Settings() {
  const at = useRef<HTMLSpanElement>(null);
  const [open, set] = useState(false);
  const p = prefs.params.value, changed = Object.keys(p).length > 0;
  const put = (key: keyof Params, v: unknown) => {
    const next: Record<string, unknown> = { ...p, [key]: v };
    if (v === undefined || v === "" || (Array.isArray(v) && !v.length)) delete next[key];
    prefs.params.value = next as Params;
  };
  return (
    <span ref={at} class="settings-at">
      <IconButton icon="sliders" label={t("settings")} class={changed ? "changed" : ""} aria-haspopup="dialog" aria-expanded={open} onClick={() => set(!open)} />
      {open && (
        <Popup anchor={at.current!.querySelector("button")!} onClose={() => set(false)} label={t("settings")} class="settings">
          <h3>{t("settings")}</h3>
          {numbers.map(([key, min, max, step]) => {
            const v = p[key] as number | undefined, name = t(`param.${key}` as never);
            return (
              <div key={key} class="param">
                <label for={`p-${key}`}>{name}</label>
                <input type="range" aria-label={name} min={min} max={max} step={step} value={v ?? (key === "max_tokens" ? max : key === "repetition_penalty" || key === "top_p" || key === "temperature" ? 1 : 0)} onInput={(e) => put(key, Number(e.currentTarget.value))} class={v === undefined ? "unset" : ""} />
                <input id={`p-${key}`} type="number" min={min} max={max} step={step} value={v ?? ""} placeholder={t("param.default")} onChange={(e) => put(key, e.currentTarget.value === "" ? undefined : Math.min(max, Math.max(min, Number(e.currentTarget.value))))} />
              </div>
            );
          })}
          <div class="param two"><label for="p-seed">{t("param.seed")}</label><input id="p-seed" type="number" step="1" value={p.seed ?? ""} placeholder={t("param.random")} onChange={(e) => put("seed", e.currentTarget.value === "" ? undefined : Math.trunc(Number(e.currentTarget.value)))} /></div>
          <div class="param two"><label for="p-stop">{t("param.stop")}</label><input id="p-stop" type="text" value={p.stop?.map((s) => s.replaceAll("\n", "\\n")).join(" | ") ?? ""} placeholder="\n\n | END" onChange={(e) => put("stop", e.currentTarget.value.split("|").map((s) => s.trim().replaceAll("\\n", "\n")).filter(Boolean).slice(0, 4))} /></div>
          <Field label={t("param.system")}><textarea rows={3} value={p.system ?? ""} onChange={(e) => put("system", e.currentTarget.value)} /></Field>
          <Field label={t("rival")} hint={t("rival.hint")}>
            <select value={prefs.rival.value} onChange={(e) => { prefs.rival.value = e.currentTarget.value; }}>
              <option value="">{t("rival.any")}</option>
              {models.value.filter((m) => m.kind !== "extractive").map((m) => <option key={m.id} value={m.id}>{nameOf(m)}</option>)}
            </select>
          </Field>
          <div class="buttons"><button type="button" disabled={!changed} onClick={() => { prefs.params.value = {}; }}>{t("param.reset")}</button></div>
        </Popup>
      )}
    </span>
  );
}
