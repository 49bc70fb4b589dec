// The conversation. Turns far from the window are kept as bare text, so that long chats stay light and can still be searched.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n.ts";
import { cell, chat, shape, shown, target } from "../store.ts";
import { pair } from "../tree.ts";
import { IconButton } from "./basics.tsx";
import { Pair } from "./feedback.tsx";
import { Answer, Question } from "./turn.tsx";

const margin = "1500px 0px"; // around the scroll box, in which turns are drawn in full
const near = new WeakMap<Element, (on: boolean) => void>();
const observers = new WeakMap<Element, IntersectionObserver>();

/** What tells the turns of a scroll box whether they are near its window. */
function observer(root: Element): IntersectionObserver {
  let o = observers.get(root);
  if (!o) observers.set(root, (o = new IntersectionObserver((all) => { for (const e of all) near.get(e.target)?.(e.isIntersecting); }, { root, rootMargin: margin })));
  return o;
}

const anchors = typeof CSS !== "undefined" && CSS.supports("overflow-anchor", "auto"); // whether the browser does it by itself
const away = signal(false); // whether one has scrolled away from the end

export function Transcript() {
  const scroller = useRef<HTMLDivElement>(null), content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const ids = shown.value;
  useLayoutEffect(() => {
    const el = scroller.current!;
    let top = el.scrollTop;
    const onScroll = () => {
      const rest = el.scrollHeight - el.clientHeight - el.scrollTop;
      if (rest < 48) stuck.current = true;
      else if (el.scrollTop < top - 2) stuck.current = false;
      top = el.scrollTop;
      away.value = rest > 300;
    };
    const size = new ResizeObserver(() => {
      if (stuck.current) el.scrollTop = el.scrollHeight;
      onScroll();
    });
    el.addEventListener("scroll", onScroll, { passive: true });
    size.observe(content.current!);
    size.observe(el);
    return () => {
      size.disconnect();
      el.removeEventListener("scroll", onScroll);
    };
  }, []);
  const to = target.value;
  useLayoutEffect(() => {
    const el = to && document.querySelector(`[data-turn="${CSS.escape(to)}"]`);
    if (!el) {
      stuck.current = true;
      scroller.current!.scrollTop = scroller.current!.scrollHeight;
      return;
    }
    stuck.current = false;
    el.scrollIntoView({ block: "center" });
    const again = requestAnimationFrame(() => el.scrollIntoView({ block: "center" })); // once what is near is drawn
    el.classList.add("found");
    const timer = setTimeout(() => el.classList.remove("found"), 2500);
    return () => { clearTimeout(timer); cancelAnimationFrame(again); };
  }, [to, chat.value?.id]);
  const last = ids[ids.length - 1];
  useLayoutEffect(() => { // a new question is looked at, wherever one was
    if (cell(last)?.peek().state === "running") {
      stuck.current = true;
      scroller.current!.scrollTop = scroller.current!.scrollHeight;
    }
  }, [last]);
  return (
    <div class="scroller" ref={scroller} tabIndex={-1}>
      <div class="transcript" ref={content} role="log" aria-live="off" aria-label={t("transcript")}>
        {ids.map((id, i) => <Turn key={id} id={id} last={i >= ids.length - 2} initially={i >= ids.length - 8 || id === to} />)}
      </div>
      {away.value && <IconButton icon="bottom" label={t("to.end")} class="to-end" onClick={() => { stuck.current = true; scroller.current!.scrollTo({ top: scroller.current!.scrollHeight }); }} />}
    </div>
  );
}

/** A guess of the height of a text, in pixels, until it was measured. */
const guess = (text: string) => 90 + 28 * (Math.ceil(text.length / 70) + text.split("\n").length / 2);

function Turn({ id, last, initially }: { id: string; last: boolean; initially: boolean }) {
  const at = useRef<HTMLDivElement>(null);
  const state = useRef(signal(initially)).current;
  const height = useRef(0);
  useLayoutEffect(() => {
    const el = at.current!;
    near.set(el, (on) => {
      if (on === state.peek()) return;
      const before = el.offsetHeight;
      if (!on) height.current = before;
      state.value = on;
      if (!anchors && on) requestAnimationFrame(() => { // keeps what is looked at in its place
        const root = el.closest(".scroller");
        if (root && el.getBoundingClientRect().top < root.getBoundingClientRect().top) root.scrollTop += el.offsetHeight - before;
      });
    });
    const o = observer(el.closest(".scroller")!);
    o.observe(el);
    return () => o.unobserve(el);
  }, []);
  const m = cell(id).value;
  const two = m.role === "assistant" ? pair(shape.value, id) : undefined;
  const full = state.value || m.state === "running" || at.current?.contains(document.activeElement);
  return (
    <div ref={at} data-turn={id} class={full ? "slot" : "slot ghost"} style={full ? undefined : { height: `${height.current || Math.round(guess(m.text))}px` }}>
      {!full ? <p aria-label={t(m.role === "user" ? "you.said" : "answer.given")}>{m.text}</p> : two ? <Pair ids={two} /> : m.role === "user" ? <Question id={id} /> : <Answer id={id} last={last} />}
    </div>
  );
}
