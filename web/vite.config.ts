import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Puts NAME.br beside every script and style, which the server sends to browsers that take it. */
function brotli(): Plugin {
  let dir = "dist";
  const files = (d: string): string[] => readdirSync(d, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? files(join(d, e.name)) : join(d, e.name)));
  return {
    name: "brotli",
    apply: "build",
    configResolved(c) { dir = c.build.outDir; },
    closeBundle() {
      for (const f of files(dir)) if (/\.(js|css|html)$/.test(f)) writeFileSync(`${f}.br`, brotliCompressSync(readFileSync(f), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
    },
  };
}

/** Puts the hash of all sources into dist, by which a Go test tells that it was built from them. */
function sources(): Plugin {
  let dir = "dist";
  const files = (d: string): string[] => readdirSync(d, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? files(join(d, e.name)) : join(d, e.name)));
  return {
    name: "sources",
    apply: "build",
    configResolved(c) { dir = c.build.outDir; },
    closeBundle() {
      const all = ["index.html", "package-lock.json", "vite.config.ts", ...files("public"), ...files("src")].filter((f) => !f.includes(".test.")).sort();
      const sum = createHash("sha256");
      for (const f of all) sum.update(`${f}\0${createHash("sha256").update(readFileSync(f)).digest("hex")}\n`);
      writeFileSync(join(dir, "sources.sha256"), sum.digest("hex") + "\n");
    },
  };
}

// The build is committed, so its bytes must depend on the sources and the lock file alone.
export default defineConfig({
  base: "/",
  plugins: [brotli(), sources()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    cssTarget: ["chrome125", "safari18", "firefox128"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
});
