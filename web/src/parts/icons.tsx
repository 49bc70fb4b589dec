// Line icons, drawn for this page on a 24-unit grid.
const shapes = {
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M20 20l-4-4",
  menu: "M4 7h16M4 12h16M4 17h10",
  rail: "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 19 19H5a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 5 5M9 5v14",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M8 8h8v8H8z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  check: "M5 12.5l4.5 4.5L19 7.5",
  again: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  up: "M7 20V10l5-7 1.2.8c.5.4.7 1 .6 1.6L13 9h5.2c1.2 0 2 1.1 1.7 2.2l-1.6 6.9a2.5 2.5 0 0 1-2.4 1.9zM7 20H4V10h3",
  down: "M7 4v10l5 7 1.2-.8c.5-.4.7-1 .6-1.6L13 15h5.2c1.2 0 2-1.1 1.7-2.2l-1.6-6.9A2.5 2.5 0 0 0 15.9 4zM7 4H4v10h3",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  bottom: "M12 5v14M6 13l6 6 6-6",
  chevron: "M7 10l5 5 5-5",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  trash: "M5 7h14M10 7V5h4v2M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  share: "M12 15V4M8 8l4-4 4 4M5 13v6h14v-6",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  heart: "M12 20s-7-4.3-7-9.5A3.8 3.8 0 0 1 12 8a3.8 3.8 0 0 1 7 2.5C19 15.7 12 20 12 20",
  ghost: "M6 20V11a6 6 0 0 1 12 0v9l-2.4-1.6L13.5 20 12 18.5 10.5 20l-2.1-1.6zM10 11h.01M14 11h.01",
  sliders: "M4 8h9M17 8h3M4 16h3M11 16h9M13 8a2 2 0 1 0 4 0 2 2 0 1 0-4 0M7 16a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  scales: "M12 4v16M8 20h8M5 7l14-1M5 7l-2.5 6a2.7 2.7 0 0 0 5 0zM19 6l-2.5 6a2.7 2.7 0 0 0 5 0z",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 11v5M12 8h.01",
  user: "M12 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M5 20c.5-3.5 3-5.5 7-5.5s6.5 2 7 5.5",
  keys: "M4 6h16v12H4zM8 10h.01M12 10h.01M16 10h.01M8 14h8",
  out: "M14 5h5v14h-5M10 8l-4 4 4 4M6 12h9",
  open: "M10 5H5v14h14v-5M14 5h5v5M19 5l-8 8",
  flag: "M6 21V4M6 5h11l-2.5 3.5L17 12H6",
  chat: "M5 5h14v11H11l-4 4v-4H5z",
  books: "M5 4h4v16H5zM9 4h4v16H9zM14.5 5l3.8-1 3 15.3-3.9.8z",
  globe: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M4 12h16M12 4c2.5 2.3 3.5 5 3.5 8s-1 5.7-3.5 8c-2.5-2.3-3.5-5-3.5-8s1-5.7 3.5-8",
  shield: "M12 3l7 3v5c0 4.5-2.8 8-7 10-4.2-2-7-5.5-7-10V6z",
  wrap: "M4 6h16M4 12h13a3 3 0 0 1 0 6h-4M15 16l-2 2 2 2M4 18h5",
  warn: "M12 4l9 16H3zM12 10v5M12 17.5h.01",
  lens: "M4 5h10M4 10h6M4 15h5M15.5 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8M18.5 18l2.5 2.5",
};
export type IconName = keyof typeof shapes;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d={shapes[name]} /></svg>
);

/** The flywheel. It turns while something is being written. */
export const Wheel = ({ turning = false }: { turning?: boolean }) => (
  <svg class={turning ? "wheel turning" : "wheel"} viewBox="0 0 40 40" aria-hidden="true" focusable="false">
    <circle cx="20" cy="20" r="15" />
    <path d="M20 5a15 15 0 0 1 13 7.5L22 19M35 20a15 15 0 0 1-7.5 13L21 22M20 35a15 15 0 0 1-13-7.5L18 21M5 20a15 15 0 0 1 7.5-13L19 18" />
    <circle class="hub" cx="20" cy="20" r="4" />
  </svg>
);
