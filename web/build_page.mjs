// A page as files that a strict content security policy lets through: one script, one style sheet, fonts, no inline
// piece.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { build } from "esbuild";

/** @param {string} title
 * @param {string} script
 * @param {string} style
 * @param {string} head */
const html = (title, script, style, head) => `<!doctype html>
<html lang="en" data-mantine-color-scheme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${head}
<link rel="stylesheet" href="${style}">
</head>
<body>
<div id="page"></div>
<script type="module" src="${script}"></script>
</body>
</html>
`;

/** index.html, script, style sheet and fonts in `folder`, of the page that `entry` renders into #page. Their names hold
 * their content, so that a browser may keep them for ever; what compresses lies there compressed as well (.br, .gz).
 * @param {string} entry
 * @param {string} folder
 * @param {string} title
 * @param {string} head further lines of the page's head
 * @returns the names of the page's files */
export async function buildPage(entry, folder, title, head = '<link rel="icon" href="data:,">') {
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    entryPoints: { page: resolve(entry) },
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".woff2": "file", ".woff": "empty" },
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    legalComments: "linked",
    metafile: true,
    logLevel: "warning",
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  /** @param {string} ending */
  const named = (ending) => {
    const found = names.find((name) => name.startsWith("page-") && name.endsWith(ending));
    if (found === undefined) throw new Error(`${entry}: the page has no ${ending}`);
    return found;
  };
  writeFileSync(join(folder, "index.html"), html(title, named(".js"), named(".css"), head));
  for (const name of [...names, "index.html"]) {
    if (!/\.(js|css|html)$/.test(name)) continue;
    const text = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 9 }));
  }
  return [...names, "index.html"];
}
