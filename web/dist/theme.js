// Runs before the first paint, so that a chosen theme or language does not flash.
try {
  var theme = localStorage.getItem("theme"), lang = localStorage.getItem("language");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (lang) document.documentElement.lang = lang;
} catch (e) {}
