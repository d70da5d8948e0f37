// node web/test.mjs <file_test.ts> ...: bundles the tests and runs them by `node --test`. What it writes, and what
// browsers write for them, stands in one folder under build/ and is gone at the end.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const files = process.argv.slice(2).map((file) => resolve(file));
if (files.length === 0) {
  console.error("node web/test.mjs <file_test.ts> ...: no test was named");
  process.exit(2);
}

mkdirSync(join(root, "build"), { recursive: true });
const folder = mkdtempSync(join(root, "build", "web-test-"));
let status = 1;
try {
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  await build({
    entryPoints: files,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    entryNames: "[name]",
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node18",
    format: "esm",
    sourcemap: "inline",
    logLevel: "warning",
  });
  const tests = files.map((file) => join(folder, basename(file).replace(/\.tsx?$/, ".mjs")));
  const running = spawn(process.execPath, ["--enable-source-maps", "--test", ...tests], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary, THECA_ROOT: root },
    stdio: "inherit",
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => running.kill(signal));
  status = await new Promise((done) => running.on("exit", (code) => done(code ?? 1)));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(status);
