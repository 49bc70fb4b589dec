"use strict";
const root = document.documentElement;
const want = root.dataset.lang;
root.lang = want === "zh" || (want === "auto" && navigator.language.startsWith("zh")) ? "zh" : "en";
document.getElementById("lang").addEventListener("click", () => { root.lang = root.lang === "zh" ? "en" : "zh"; });
for (const tab of document.querySelectorAll(".tabs button")) {
  tab.addEventListener("click", () => {
    for (const t of document.querySelectorAll(".tabs button")) t.classList.toggle("on", t === tab);
    for (const f of document.querySelectorAll(".funnel")) f.hidden = f.dataset.unit !== tab.dataset.unit;
  });
}
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
}
addEventListener("hashchange", reveal);
reveal();
