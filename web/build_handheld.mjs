// node web/build_handheld.mjs <folder>: the patient's pages, built.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { buildHandheldPages } from "./build_handheld_pages.mjs";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("node web/build_handheld.mjs <folder>: where to?");
  process.exit(2);
}
await buildHandheldPages(join(dirname(fileURLToPath(import.meta.url)), "handheld"), folder);
