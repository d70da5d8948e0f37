// The patient's pages, with what makes them a program of the phone: manifest, icon, and the worker that keeps them where
// there is no network.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";

import { buildPage } from "./build_page.mjs";

/** @param {string} here web/handheld
 * @param {string} folder */
export async function buildHandheldPages(here, folder) {
  const title = JSON.parse(readFileSync(join(here, "texts.json"), "utf8")).title;
  const colour = "#005a4e";
  const ofPage = await buildPage(
    join(here, "handheld.tsx"),
    folder,
    title,
    `<link rel="manifest" href="/manifest.webmanifest">\n<link rel="icon" href="/icon.svg">\n<meta name="theme-color" content="${colour}">`,
  );
  writeFileSync(join(folder, "icon.svg"), readFileSync(join(here, "icon.svg")));
  const manifest = {
    name: `Theca: ${title}`,
    short_name: title,
    start_url: "/",
    display: "standalone",
    background_color: "#f4f6f6",
    theme_color: colour,
    icons: [{ src: "/icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" }],
  };
  writeFileSync(join(folder, "manifest.webmanifest"), JSON.stringify(manifest));
  // Not what else lies in the folder: an older build's.
  const files = [...ofPage.filter((name) => !name.endsWith(".txt")), "icon.svg", "manifest.webmanifest"].sort();
  const hash = createHash("sha256");
  for (const name of files) hash.update(readFileSync(join(folder, name)));
  await build({
    entryPoints: [join(here, "sw.ts")],
    outfile: join(folder, "sw.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    define: {
      FILES: JSON.stringify(files.map((name) => `/${name}`)),
      VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
    },
    logLevel: "warning",
  });
}
