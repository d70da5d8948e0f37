// A page as files that a strict content security policy lets through: one script, one style sheet, fonts, no inline
// piece.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { build } from "esbuild";

/** @param {string} title */
const html = (title) => `<!doctype html>
<html lang="en" data-mantine-color-scheme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
</head>
<body>
<div id="page"></div>
<script type="module" src="page.js"></script>
</body>
</html>
`;

/** index.html, page.js, page.css and fonts in `folder`, of the page that `entry` renders into #page.
 * @param {string} entry
 * @param {string} folder
 * @param {string} title */
export async function buildPage(entry, folder, title) {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: { page: resolve(entry) },
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".woff2": "file", ".woff": "empty" },
    assetNames: "[name]",
    legalComments: "linked",
    logLevel: "warning",
  });
  writeFileSync(join(folder, "index.html"), html(title));
}
