// Buttons, menus, dialogs.
import type { ButtonHTMLAttributes, ComponentChildren, HTMLAttributes } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n.ts";
import { say } from "../say.ts";
import { Icon, type IconName } from "./icons.tsx";

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "label" | "class"> & { icon: IconName; label: string; text?: boolean; pressed?: boolean; class?: string };

/** A button with an icon; its label is shown beside it with text, and is its name in any case. */
export function IconButton({ icon, label, text, pressed, class: c, ...rest }: ButtonProps) {
  return (
    <button type="button" class={`icon-button ${text ? "with-text" : ""} ${c ?? ""}`} aria-label={text ? undefined : label} title={text ? undefined : label} aria-pressed={pressed} {...rest}>
      <Icon name={icon} />{text && <span>{label}</span>}
    </button>
  );
}

/**
 * A box beside its anchor, in the top layer, so that no scroll box cuts it. It closes with Escape, a click elsewhere or when its
 * anchor leaves; focus goes back to the anchor.
 */
export function Popup(props: { anchor: HTMLElement; onClose: () => void; label: string; role?: "menu" | "dialog" | "tooltip"; class?: string; focus?: boolean; children: ComponentChildren } & Omit<HTMLAttributes<HTMLDivElement>, "anchor" | "label" | "role" | "class" | "focus">) {
  const { anchor, onClose, label, role = "dialog", class: c, focus = true, children, ...rest } = props;
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => {
    const el = box.current!;
    el.showPopover?.();
    const place = () => {
      const a = anchor.getBoundingClientRect(), w = el.offsetWidth, h = el.offsetHeight, gap = 6, edge = 8;
      if (!anchor.isConnected || a.bottom < 0 || a.top > innerHeight) return close.current();
      const below = innerHeight - a.bottom - gap - edge, above = a.top - gap - edge;
      const top = h <= below || below >= above ? a.bottom + gap : Math.max(edge, a.top - gap - h);
      const start = a.left + w > innerWidth - edge ? a.right - w : a.left;
      el.style.top = `${Math.min(top, Math.max(edge, innerHeight - edge - h))}px`;
      el.style.left = `${Math.max(edge, Math.min(start, innerWidth - edge - w))}px`;
    };
    place();
    const there = setInterval(() => { if (!anchor.isConnected) close.current(); }, 250);
    if (focus) (el.querySelector<HTMLElement>("[autofocus], button:not([disabled]), a, input, select, textarea") ?? el).focus();
    const down = (e: PointerEvent) => {
      if (!el.contains(e.target as Node) && !anchor.contains(e.target as Node)) close.current();
    };
    const key = (e: KeyboardEvent) => {
      if (e.key !== "Escape") return;
      e.stopPropagation();
      e.preventDefault();
      if (el.contains(document.activeElement)) anchor.focus();
      close.current();
    };
    const size = new ResizeObserver(place);
    size.observe(el);
    const out = (e: FocusEvent) => {
      const to = e.relatedTarget as Node | null;
      if (to && !el.contains(to) && !anchor.contains(to)) close.current();
    };
    el.addEventListener("focusout", out);
    document.addEventListener("pointerdown", down, true);
    document.addEventListener("keydown", key, true);
    window.addEventListener("resize", place);
    document.addEventListener("scroll", place, true);
    return () => {
      if (focus && el.contains(document.activeElement)) anchor.focus();
      clearInterval(there);
      size.disconnect();
      el.removeEventListener("focusout", out);
      document.removeEventListener("pointerdown", down, true);
      document.removeEventListener("keydown", key, true);
      window.removeEventListener("resize", place);
      document.removeEventListener("scroll", place, true);
    };
  }, [anchor]);
  const arrows = (e: KeyboardEvent) => {
    if (role !== "menu" || !/^(Arrow(Up|Down)|Home|End)$/.test(e.key)) return;
    e.preventDefault();
    const all = [...box.current!.querySelectorAll<HTMLElement>("[role^=menuitem]:not([disabled])")];
    const i = all.indexOf(document.activeElement as HTMLElement);
    const to = e.key === "Home" ? 0 : e.key === "End" ? all.length - 1 : (i + (e.key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
    all[to]?.focus();
  };
  return (
    <div ref={box} popover="manual" role={role} aria-label={label} tabIndex={-1} class={`popup ${c ?? ""}`} onKeyDown={arrows} {...rest}>{children}</div>
  );
}

export interface Choice { label: string; hint?: string; icon?: IconName; on?: boolean; bad?: boolean; href?: string; do?: () => void }

/** A button that opens a menu; its words are its name where it has some. */
export function Menu({ label, button, choices, class: c, worded }: { label: string; button: ComponentChildren; choices: () => Choice[]; class?: string; worded?: boolean }) {
  const at = useRef<HTMLButtonElement>(null);
  const [open, set] = useState(false);
  const pick = (choice: Choice) => {
    set(false);
    at.current?.focus();
    choice.do?.();
  };
  const radio = open && choices().some((x) => x.on !== undefined);
  return (
    <>
      <button ref={at} type="button" class={c ?? "icon-button"} aria-label={worded ? undefined : label} title={label} aria-haspopup="menu" aria-expanded={open} onClick={() => set(!open)}>{button}</button>
      {open && (
        <Popup anchor={at.current!} onClose={() => set(false)} label={label} role="menu">
          {choices().map((x) => {
            const inner = <>{x.icon && <Icon name={x.icon} />}<span class="choice-text"><span>{x.label}</span>{x.hint && <small>{x.hint}</small>}</span>{x.on && <Icon name="check" />}</>;
            return x.href
              ? <a key={x.label} role="menuitem" class="choice" href={x.href} download={x.href.startsWith("/api/")} target={/^(#|\/api\/)/.test(x.href) ? undefined : "_blank"} rel="noopener" onClick={() => pick(x)}>{inner}</a>
              : <button key={x.label} type="button" role={radio ? "menuitemradio" : "menuitem"} aria-checked={radio ? !!x.on : undefined} class={`choice ${x.bad ? "bad" : ""}`} onClick={() => pick(x)}>{inner}</button>;
          })}
        </Popup>
      )}
    </>
  );
}

/** A dialog in front of all else. */
export function Dialog({ title, onClose, children, class: c }: { title: string; onClose: () => void; children: ComponentChildren; class?: string }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const el = box.current!, before = document.activeElement as HTMLElement | null;
    if (!el.open) el.showModal();
    return () => {
      el.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} class={c} aria-label={title} onCancel={(e) => { e.preventDefault(); onClose(); }}
      onPointerDown={(e) => { if (e.target === box.current) onClose(); }}>
      <div class="dialog-body">
        <header><h2>{title}</h2><IconButton icon="close" label={t("close")} onClick={onClose} /></header>
        {children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, text, yes, onYes, onClose }: { title: string; text: string; yes: string; onYes: () => void; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose} class="small">
      <p>{text}</p>
      <div class="buttons">
        <button type="button" onClick={onClose} autofocus>{t("cancel")}</button>
        <button type="button" class="danger" onClick={() => { onClose(); onYes(); }}>{yes}</button>
      </div>
    </Dialog>
  );
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no permission, or no https
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const ok = document.execCommand("copy");
    area.remove();
    return ok;
  }
}

export function CopyButton({ text, label = t("copy"), withText }: { text: () => string; label?: string; withText?: boolean }) {
  const [done, set] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => set(false), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <IconButton icon={done ? "check" : "copy"} label={done ? t("copied") : label} text={withText} onClick={async () => {
      if (await copyText(text())) set(true);
      else say(t("copy.failed"), true);
    }} />
  );
}

/** A labelled field of a form. */
export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return <label class="field"><span>{label}</span>{children}{hint && <small>{hint}</small>}</label>;
}
