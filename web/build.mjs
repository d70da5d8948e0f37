// node web/build.mjs <page.tsx> <folder> [<title>]: one page, built.
import { buildPage } from "./build_page.mjs";

const [entry, folder, title = "Theca"] = process.argv.slice(2);
if (!entry || !folder) {
  console.error("node web/build.mjs <page.tsx> <folder> [<title>]: what to build and where to?");
  process.exit(2);
}
await buildPage(entry, folder, title);
