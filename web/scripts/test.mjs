// Bundles src/**/*.test.ts as the page is bundled, and runs them with node's test runner.
import { build } from "vite";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const find = (dir) => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? find(join(dir, e.name)) : join(dir, e.name)));
const entries = find("src").filter((f) => /\.test\.tsx?$/.test(f));
const outDir = "node_modules/.test";
rmSync(outDir, { recursive: true, force: true });
await build({
  logLevel: "error",
  build: { ssr: true, outDir, rollupOptions: { input: entries, output: { entryFileNames: "[name].mjs" } }, copyPublicDir: false, minify: false },
});
const files = readdirSync(outDir).filter((f) => f.endsWith(".test.mjs")).map((f) => join(outDir, f));
process.exit(spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1);
