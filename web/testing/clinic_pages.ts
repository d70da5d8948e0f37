// What tests of the clinic's pages do with a page.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { Browser, BrowserContextOptions, Page } from "playwright-core";

import { texts } from "../clinic/texts";
import { openPage, type Watched } from "./browser";
import type { Demo } from "./demo";

const pictures = process.env["THECA_PICTURES"];
export const tablet = { width: 1024, height: 768 };

export type OnPages = (
  address: string,
  play: (page: Page, watched: Watched) => Promise<void>,
  options?: BrowserContextOptions & { readonly allowed?: readonly RegExp[] },
) => Promise<void>;

/** A trial of a draft that somebody has left: it is asked for at each change, and nothing is kept of it. */
const left = /\/trial: net::ERR_ABORTED$/;

/** Opens the pages, and holds whatever they complained of against the test. */
export function pagesOf(browser: Browser, demo: Demo): OnPages {
  return async (address, play, { allowed = [], ...options } = {}) => {
    const watched = await openPage(browser, address, { viewport: tablet, ...options });
    watched.page.setDefaultTimeout(30_000);
    const elsewhere: string[] = [];
    watched.page.on("request", (request) => {
      if (!request.url().startsWith(demo.address) && !request.url().startsWith("data:")) elsewhere.push(request.url());
      if (request.url().endsWith("/csp-report")) elsewhere.push("a report against the policy");
    });
    try {
      await play(watched.page, watched);
      assert.deepEqual(
        watched.complaints.filter((one) => ![left, ...allowed].some((pattern) => pattern.test(one))),
        [],
      );
      assert.deepEqual(elsewhere, []);
    } finally {
      await watched.close();
    }
  };
}

/** A refusal of the server is told by the browser's console as well. */
export const refusal = /Failed to load resource: the server responded with a status of 4\d\d/;

export async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

export const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });
export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
export const verdict = (page: Page) => page.locator("[data-mood]");
export const patientLink = (page: Page, name: string) => page.getByRole("link", { name: new RegExp(`^${name} born [0-9-]+ record`) });

export async function signIn(page: Page): Promise<void> {
  await heading(page, texts.patients.title).waitFor();
  await patientLink(page, "Zoe Quist").waitFor();
}
export async function toPump(page: Page, patient = "Zoe Quist"): Promise<void> {
  await patientLink(page, patient).click();
  await page.getByRole("link", { name: texts.patient.open }).click();
}
export async function readPump(page: Page): Promise<void> {
  await button(page, texts.read.button).click();
  await heading(page, texts.read.found).waitFor();
}
