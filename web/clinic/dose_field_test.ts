// DoseField in a browser, under the policy that the clinic's server sends: what people slip on, played with keys, wheel
// and clipboard. Where a gesture has to change nothing, it is shown first that it changes an input of the browser's own.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import type { Browser, BrowserContextOptions, Page } from "playwright-core";

import cases from "../../data/entry/cases.json";
import { buildPage } from "../build_page.mjs";
import { accessibilityFaults, openBrowser, openPage } from "../testing/browser";
import { type PageServer, servePage } from "../testing/page_server";

interface Row {
  readonly field: string;
  readonly text: string;
  readonly fault?: string;
  readonly says?: string;
  readonly value?: string;
  readonly words?: string;
  readonly measured?: boolean;
}
const rows = cases.cases as readonly Row[];
const root = process.env["THECA_ROOT"] ?? ".";
/** Where pictures go, for people to look at; nowhere unless asked for. */
const pictures = process.env["THECA_PICTURES"];

let browser: Browser;
let server: PageServer;

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  await buildPage(join(root, "web/clinic/dose_field_harness.tsx"), folder, "DoseField");
  [server, browser] = await Promise.all([servePage(folder), openBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens the harness, and holds whatever it complained of against the test. */
async function onPage(
  query: string,
  play: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const reported = server.reports.length;
  const { page, complaints, close } = await openPage(browser, server.address + query, options);
  try {
    await page.waitForSelector("main");
    await play(page);
    assert.deepEqual(complaints, []);
    assert.deepEqual(server.reports.slice(reported), []);
  } finally {
    await close();
  }
}

const input = (page: Page, field: string) => page.locator(`[data-field="${field}"] input`);
const says = (page: Page, field: string) => page.locator(`[data-field="${field}"] [aria-live]`);
const confirm = (page: Page, field: string) => page.locator(`[data-field="${field}"] button`);

async function told(page: Page, field: string): Promise<unknown> {
  return JSON.parse((await page.locator(`[data-field="${field}"]`).getAttribute("data-told")) ?? "null");
}

/** One key after the other at times of our own, whatever the machine is busy with. */
async function strike(page: Page, keys: readonly (readonly [key: string, ms: number])[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const begin = Date.now() / 1000;
  for (const [key, ms] of keys) {
    const event = { key, code: /\d/.test(key) ? `Digit${key}` : "Period", timestamp: begin + ms / 1000 };
    await session.send("Input.dispatchKeyEvent", { type: "keyDown", text: key, ...event });
    await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }
  await session.detach();
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

async function empty(page: Page, field: string): Promise<void> {
  await input(page, field).focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
}

test("every row of the table stays as typed and shows its words or its sentence", async () => {
  await onPage("", async (page) => {
    for (const { field, text, says: sentence, words, value } of rows) {
      if (/[\u0000-\u001f]/.test(text)) continue; // no key writes them; as a paste they are refused
      await empty(page, field);
      if (text !== "") await page.keyboard.insertText(text);
      await input(page, field).blur();
      assert.equal(await input(page, field).inputValue(), text);
      const shown = text === "" ? "" : (words ?? sentence);
      assert.equal(await says(page, field).textContent(), shown, text);
      if (text !== "") assert.deepEqual(await told(page, field), { text, value: value ?? null });
      assert.equal(await input(page, field).getAttribute("aria-invalid"), String(value === undefined && text !== ""));
    }
  });
});

test("the texts that other number fields change, key by key", async () => {
  await onPage("?only=box", async (page) => {
    for (const { text, says: sentence, words, value } of rows.filter(({ measured }) => measured)) {
      await empty(page, "box");
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
      assert.equal(await input(page, "box").inputValue(), text);
      assert.equal(await says(page, "box").textContent(), words ?? sentence);
      assert.deepEqual(await told(page, "box"), { text, value: value ?? null });
    }
  });
});

test("what may still become a number is not held against somebody who types", async () => {
  await onPage("?only=box", async (page) => {
    await input(page, "box").focus();
    await page.keyboard.type("5.");
    assert.equal(await says(page, "box").textContent(), "");
    assert.deepEqual(await told(page, "box"), { text: "5.", value: null });
    await page.keyboard.type("x");
    assert.match((await says(page, "box").textContent()) ?? "", /“x” has no place in a number/);
    await page.keyboard.press("Backspace");
    await page.keyboard.type("2");
    assert.equal(await says(page, "box").textContent(), "five point two milligrams per day");
  });
});

test("a field that is empty says so when the person wants to go on", async () => {
  await onPage("?only=box", async (page) => {
    await page.getByRole("button", { name: "Next" }).click();
    assert.match((await says(page, "box").textContent()) ?? "", /^Nothing is written/);
    assert.equal(await input(page, "box").getAttribute("aria-invalid"), "true");
  });
});

test("label, unit and words are what a screen reader says", async () => {
  await onPage("?only=box", async (page) => {
    const field = page.getByRole("textbox", { name: "Daily dose (box)", exact: true });
    await field.pressSequentially("1.5");
    const described = ((await field.getAttribute("aria-describedby")) ?? "").split(" ");
    const spoken = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).textContent()));
    assert.deepEqual(spoken, ["in milligrams per day", "one point five milligrams per day"]);
    assert.equal(await says(page, "box").getAttribute("aria-live"), "polite");
    assert.equal(await field.getAttribute("inputmode"), "decimal");
  });
});

test("SLIP-04 a number above the most stays as typed and is not taken", async () => {
  await onPage("?only=box", async (page) => {
    await input(page, "box").pressSequentially("30");
    assert.equal(await input(page, "box").inputValue(), "30");
    assert.match((await says(page, "box").textContent()) ?? "", /the most that may be written here is 20 mg\/day/);
    assert.deepEqual(await told(page, "box"), { text: "30", value: null });
  });
});

test("SLIP-05 no decimal is rounded away", async () => {
  await onPage("?only=box", async (page) => {
    await input(page, "box").pressSequentially("0.0625");
    await page.keyboard.press("Tab");
    assert.equal(await input(page, "box").inputValue(), "0.0625");
    assert.match((await says(page, "box").textContent()) ?? "", /Write 0.062 or 0.063\.$/);
    assert.deepEqual(await told(page, "box"), { text: "0.0625", value: null });
  });
});

test("SLIP-07 a digit that came twice within a bounce has to be confirmed", async () => {
  await onPage("?only=baclofen", async (page) => {
    await input(page, "baclofen").focus();
    await strike(page, [["4", 0], ["4", 30], [".", 300], ["8", 500]]);
    assert.equal(await input(page, "baclofen").inputValue(), "44.8");
    assert.deepEqual(await told(page, "baclofen"), { text: "44.8", value: null });
    assert.match((await says(page, "baclofen").textContent()) ?? "", /^Check the repeated digit: forty-four point eight /);
    await confirm(page, "baclofen").click();
    assert.deepEqual(await told(page, "baclofen"), { text: "44.8", value: "44.8" });
    assert.equal(await confirm(page, "baclofen").count(), 0);
    assert.equal(await input(page, "baclofen").evaluate((it) => it === document.activeElement), true);

    await page.keyboard.press("Control+A");
    await strike(page, [["4", 0], ["4", 30]]);
    assert.deepEqual(await told(page, "baclofen"), { text: "44", value: null }, "over a text that was there");

    await empty(page, "baclofen");
    await strike(page, [["4", 0], ["4", 200]]);
    assert.deepEqual(await told(page, "baclofen"), { text: "44", value: "44" }, "typed twice on purpose");

    await empty(page, "baclofen");
    await strike(page, [["4", 0], ["4", 30]]);
    assert.deepEqual(await told(page, "baclofen"), { text: "44", value: null });
    await page.keyboard.press("Backspace");
    await strike(page, [["8", 900]]);
    assert.deepEqual(await told(page, "baclofen"), { text: "48", value: "48" }, "the doubled digit is gone");
  });
});

test("a key that is held writes one digit", async () => {
  await onPage("?only=baclofen", async (page) => {
    await input(page, "baclofen").focus();
    for (let i = 0; i < 5; ++i) await page.keyboard.down("3"); // the second and later ones repeat
    await page.keyboard.up("3");
    assert.equal(await input(page, "baclofen").inputValue(), "3");
  });
});

test("SLIP-09 neither the wheel nor an arrow key steps a number", async () => {
  const gestures = async (page: Page) => {
    for (const key of ["ArrowUp", "ArrowUp", "ArrowDown", "PageUp", "PageDown"]) await page.keyboard.press(key);
    await page.mouse.wheel(0, -400);
    await page.mouse.wheel(0, 100);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  };
  await onPage("?only=box", async (page) => {
    await page.evaluate(() => {
      const stepped = document.createElement("input");
      stepped.type = "number";
      stepped.id = "stepped";
      document.querySelector("main")?.append(stepped);
    });
    await page.locator("#stepped").pressSequentially("1.5");
    await page.locator("#stepped").hover();
    await gestures(page);
    assert.notEqual(await page.locator("#stepped").inputValue(), "1.5", "the gestures step the browser's own number input");

    await input(page, "box").pressSequentially("1.5");
    await input(page, "box").hover();
    await gestures(page);
    assert.equal(await input(page, "box").inputValue(), "1.5");
    assert.deepEqual(await told(page, "box"), { text: "1.5", value: "1.5" });
  });
});

test("SLIP-10 a paste of more than the number is refused and changes nothing", async () => {
  await onPage(
    "?only=box",
    async (page) => {
      const paste = async (text: string) => {
        await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
        await page.keyboard.press("Control+V");
      };
      await input(page, "box").focus();
      for (const text of ["1.5 mg/h (old 0.5)", "1.5 mg", " 1.5", "1e3", "1 000", "1.5\n0.5", "1\u202e5", ".5"]) {
        await paste(text);
        assert.equal(await input(page, "box").inputValue(), "", text);
        assert.match((await says(page, "box").textContent()) ?? "", /^What was pasted was not taken\. Read /);
        assert.equal(await told(page, "box"), null);
      }
      await paste("1.5");
      assert.deepEqual(await told(page, "box"), { text: "1.5", value: "1.5" });
      assert.equal(await says(page, "box").textContent(), "one point five milligrams per day");

      await paste("2.5");
      assert.equal(await input(page, "box").inputValue(), "1.5", "1.52.5 is nobody's number");
      assert.match((await says(page, "box").textContent()) ?? "", /^What was pasted was not taken: there is a number already/);
      await page.keyboard.press("Control+A");
      await paste("2.5");
      assert.deepEqual(await told(page, "box"), { text: "2.5", value: "2.5" });
    },
    { permissions: ["clipboard-read", "clipboard-write"] },
  );
});

test("SLIP-10 what is dropped on a field is refused too", async () => {
  await onPage("?only=box", async (page) => {
    await page.evaluate(() => {
      const open = document.createElement("input");
      open.id = "open";
      document.querySelector("main")?.append(open);
    });
    const session = await page.context().newCDPSession(page);
    const drop = async (selector: string) => {
      const box = await page.locator(selector).boundingBox();
      assert.ok(box);
      const data = { items: [{ mimeType: "text/plain", data: "1.5" }], dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"] as const)
        await session.send("Input.dispatchDragEvent", { type, x: box.x + 20, y: box.y + box.height / 2, data });
    };
    await drop("#open");
    assert.equal(await page.locator("#open").inputValue(), "1.5", "an input of the browser's own takes it");
    await drop('[data-field="box"] input');
    assert.equal(await input(page, "box").inputValue(), "");
    assert.match((await says(page, "box").textContent()) ?? "", /^What was dropped here was not taken/);
    await session.detach();
  });
});

test("SLIP-13 no old value comes back, and what is filled in has to be confirmed", async () => {
  await onPage("?only=box", async (page) => {
    const attributes = ["type", "autocomplete", "name", "data-lpignore", "data-1p-ignore"];
    const found = await input(page, "box").evaluate((it, names) => names.map((name) => it.getAttribute(name)), attributes);
    assert.deepEqual(found, ["text", "off", null, "true", "true"]);

    await input(page, "box").pressSequentially("1.5");
    await page.reload();
    await page.waitForSelector("main");
    assert.equal(await input(page, "box").inputValue(), "");
    assert.equal(await told(page, "box"), null);

    await input(page, "box").pressSequentially("1.5");
    await page.goto("about:blank");
    await page.goBack();
    await page.waitForSelector("main");
    assert.equal(await input(page, "box").inputValue(), "");

    // As a browser or an extension fills: the value is there at once, no key and no edit came before.
    await input(page, "box").evaluate((it) => {
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(it, "7.5");
      it.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText" }));
    });
    assert.deepEqual(await told(page, "box"), { text: "7.5", value: null });
    assert.match((await says(page, "box").textContent()) ?? "", /^Check the number: seven point five .* filled in/);
    await confirm(page, "box").click();
    assert.deepEqual(await told(page, "box"), { text: "7.5", value: "7.5" });
  });
});

test("a style or a script that is put into the page is reported: the policy is in force", async () => {
  const { page, complaints, close } = await openPage(browser, server.address);
  await page.waitForSelector("main");
  await page.evaluate(() => {
    const style = document.createElement("style");
    style.textContent = "input { color: red }";
    document.head.append(style);
  });
  await page.evaluate(() => {
    try {
      document.body.insertAdjacentHTML("beforeend", "<b>not trusted</b>");
    } catch {
      // what it has to do
    }
  });
  await page.waitForTimeout(200);
  assert.match(complaints.join("\n"), /style-src 'self'/);
  assert.match(complaints.join("\n"), /TrustedHTML/);
  assert.ok(server.reports.length >= 2);
  await close();
});

test("no digit of a number that may be written is out of sight", async () => {
  for (const width of [320, 1024])
    await onPage(
      "",
      async (page) => {
        for (const { field, text } of rows.filter(({ value }) => value !== undefined)) {
          await empty(page, field);
          await page.keyboard.insertText(text);
          const [content, seen] = await input(page, field).evaluate((it) => [it.scrollWidth, it.clientWidth]);
          assert.ok((content ?? 0) <= (seen ?? 0), `${text} in ${field}: ${content} of ${seen} px at ${width} px`);
        }
      },
      { viewport: { width, height: 900 } },
    );
});

test("axe finds nothing in any state, at 320 and 1024 px, light and dark, and nothing is cut off", async () => {
  for (const width of [320, 1024])
    for (const colorScheme of ["light", "dark"] as const)
      await onPage(
        "?only=box,morphine,baclofen,fine,strength,quarter",
        async (page) => {
          const name = `${width}-${colorScheme}`;
          await input(page, "box").pressSequentially("4.5");
          await input(page, "morphine").pressSequentially("4.50003");
          await input(page, "baclofen").focus();
          await strike(page, [["4", 0], ["4", 30], [".", 300], ["8", 500]]);
          await input(page, "fine").pressSequentially("0.000000000001");
          await input(page, "strength").pressSequentially("05");
          await input(page, "quarter").focus();
          await page.evaluate(() => document.fonts.ready);
          assert.deepEqual(await accessibilityFaults(page), [], name);
          const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          assert.ok((content ?? 0) <= (window ?? 0), `${name}: ${content} px wide`);
          await picture(page, name);
        },
        { viewport: { width, height: 900 }, colorScheme },
      );
});
