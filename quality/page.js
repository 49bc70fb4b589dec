"use strict";
const root = document.documentElement;
const want = root.dataset.lang;
root.lang = want === "zh" || (want === "auto" && navigator.language.startsWith("zh")) ? "zh" : "en";
document.getElementById("lang").addEventListener("click", () => { root.lang = root.lang === "zh" ? "en" : "zh"; });
