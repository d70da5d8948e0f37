// The patient's pages in a browser, against everything that runs behind them: the programmer, a virtual pump over the
// link, and the clinic beside them. It ends with the pump's own journal.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import type { Browser, BrowserContextOptions, Page, Request } from "playwright-core";

import { accessibilityFaults, openBrowser, openPage, type Watched } from "../testing/browser";
import { Demo } from "../testing/demo";
import { texts } from "./texts";

const pictures = process.env["THECA_PICTURES"];
const phone = { width: 390, height: 844 };
const small = { width: 320, height: 640 };

let browser: Browser;
let demo: Demo;

before(async () => {
  demo = await Demo.make();
  [browser] = await Promise.all([openBrowser(), demo.start()]);
});

after(async () => {
  await browser?.close();
  await demo?.remove();
});

const address = () => demo.handheld.replace(/#.*$/, "");

interface Options extends BrowserContextOptions {
  /** Complaints of the browser that belong to the test. */
  readonly allowed?: readonly RegExp[];
}
/** Opens the patient's pages, and holds whatever they complained of, and whatever went elsewhere, against the test. */
async function onPages(to: string, play: (page: Page, watched: Watched) => Promise<void>, { allowed = [], ...options }: Options = {}): Promise<void> {
  const watched = await openPage(browser, to, { viewport: phone, hasTouch: true, ...options });
  watched.page.setDefaultTimeout(30_000);
  const elsewhere: string[] = [];
  watched.page.on("request", (request) => {
    if (!request.url().startsWith(address()) && !request.url().startsWith("data:")) elsewhere.push(request.url());
    if (request.url().endsWith("/csp-report")) elsewhere.push("a report against the policy");
  });
  try {
    await play(watched.page, watched);
    assert.deepEqual(
      watched.complaints.filter((one) => !allowed.some((pattern) => pattern.test(one))),
      [],
    );
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(await watched.page.context().cookies(), [], "the handheld sets no cookie");
  } finally {
    await watched.close();
  }
}

const refusal = /Failed to load resource: the server responded with a status of 4\d\d/;
const cutOff = /ERR_FAILED|ERR_INTERNET_DISCONNECTED|net::ERR_ABORTED/;

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `handheld-${name}.png`) });
}

const ask = (page: Page) => page.getByRole("button", { name: new RegExp(`^${texts.dose.ask}`) });
const tab = (page: Page, name: keyof typeof texts.tabs) => page.getByRole("button", { name: texts.tabs[name], exact: true });
const stop = (page: Page) => page.getByRole("button", { name: texts.stop.stop });
const became = (page: Page, state: string) => page.locator(`[data-state="${state}"]`);
const close = (page: Page) => page.getByRole("button", { name: texts.became.close });

async function ready(page: Page): Promise<void> {
  await page.getByText(texts.fine).waitFor();
  await ask(page).waitFor();
}
/** Held by a finger for so long. */
async function hold(page: Page, ms: number): Promise<void> {
  const box = await ask(page).boundingBox();
  assert(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.waitForTimeout(ms);
  await page.mouse.up();
}
/** Every wish for a dose that leaves the page. */
function wishesOf(page: Page): Request[] {
  const wishes: Request[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/doses")) wishes.push(request);
  });
  return wishes;
}

/** The process of the first pump. */
function pumpProcess(): number {
  const pids = execFileSync("pgrep", ["-f", `pump --listen .* --state ${demo.clinic}/pump-1.nvm`], { encoding: "utf8" });
  return Number(pids.trim().split("\n")[0]);
}

test("what is loaded first is less than 150 kB, compressed, and names no other place", () => {
  const folder = join(demo.pages, "handheld");
  const names = readdirSync(folder);
  let bytes = 0;
  for (const name of names) {
    if (/\.(br|gz|txt)$/.test(name) || name === "sw.js") continue;
    bytes += statSync(join(folder, names.includes(`${name}.gz`) ? `${name}.gz` : name)).size;
  }
  assert(bytes < 150_000, `${bytes} bytes`);
});

test("without the key of its pages nothing is told, and a wrong key tells nothing either", async () => {
  for (const to of [address(), `${address()}#key=${"A".repeat(43)}`])
    await onPages(
      to,
      async (page) => {
        await page.getByRole("heading", { name: texts.key.title }).waitFor();
        await picture(page, "locked");
        assert.equal(new URL(page.url()).hash, "", "the key stands in the address still");
        assert.equal(await ask(page).count(), 0);
        await tab(page, "card").click();
        await page.getByText(texts.card.none).waitFor();
      },
      { allowed: [refusal] },
    );
});

test("a press that is let go early asks for nothing, and says so", async () => {
  await onPages(demo.handheld, async (page) => {
    const wishes = wishesOf(page);
    await ready(page);
    assert.equal(new URL(page.url()).hash, "");
    await picture(page, "home");
    await hold(page, 1_200);
    await page.getByText(texts.dose.letGo).waitFor();
    await page.waitForTimeout(1_500);
    assert.equal(wishes.length, 0);
  });
});

test("INV-7 a wish that does not arrive asks for nothing: by finger, by key, and by two presses of a switch", async () => {
  await onPages(
    demo.handheld,
    async (page) => {
      await ready(page);
      const wishes = wishesOf(page);
      await page.route("**/api/doses", (route) => route.abort());
      const voided = async (count: number) => {
        await became(page, "not arrived").waitFor();
        assert.equal(wishes.length, count);
        await close(page).click();
        await became(page, "not arrived").waitFor({ state: "detached" });
      };
      await hold(page, 2_300);
      await voided(1);
      await ask(page).focus();
      for (const [i, key] of [" ", "Enter"].entries()) {
        await page.keyboard.down(key);
        await page.waitForTimeout(2_300);
        await page.keyboard.up(key);
        await voided(2 + i);
        await ask(page).focus();
      }
      // A switch, a voice, a screen reader: clicks without a finger or a key.
      const press = () => ask(page).evaluate((button: HTMLElement) => button.click());
      await press();
      await page.getByRole("status").filter({ hasText: texts.dose.armed }).waitFor();
      await press();
      await page.getByText(texts.dose.early).waitFor();
      assert.equal(wishes.length, 3, "a double press asks for nothing");
      await page.waitForTimeout(1_100);
      await press();
      await voided(4);
    },
    { allowed: [cutOff] },
  );
});

test("INV-7 a dose whose answer is lost is found, given once, seen on every page, and ended by STOP", async () => {
  await onPages(
    demo.handheld,
    async (page) => {
      await ready(page);
      const wishes = wishesOf(page);
      await page.route("**/api/doses", async (route) => {
        await route.fetch(); // it arrives, and its answer does not
        await route.abort();
      });
      await hold(page, 2_300);
      await became(page, "giving").waitFor();
      assert.equal(wishes.length, 1);
      await page.unroute("**/api/doses");
      await picture(page, "giving");
      assert.equal(await ask(page).getAttribute("aria-disabled"), "true");
      await hold(page, 2_300);
      await page.getByRole("status").filter({ hasText: texts.dose.blocked.giving }).waitFor();
      assert.equal(wishes.length, 1, "a button that is off asks for nothing");
      for (const name of ["diary", "pump", "card", "dose"] as const) {
        await tab(page, name).click();
        await stop(page).waitFor();
        assert(await stop(page).evaluate((button) => button.getBoundingClientRect().bottom <= innerHeight), `STOP is out of sight on ${name}`);
        await picture(page, `giving-${name}`);
      }
      // A second page, and the same one opened anew, know of it.
      const other = await page.context().newPage();
      await other.goto(address());
      await became(other, "giving").waitFor();
      await other.close();
      await page.reload();
      await became(page, "giving").waitFor();
      await stop(page).click();
      await became(page, "stopped").waitFor();
      await stop(page).waitFor({ state: "detached" });
      await picture(page, "stopped");
      assert.match(await became(page, "stopped").innerText(), /\d+ % of 500 mcg morphine/);

      // One tap for the diary behind it, and it does not ask again.
      await page.getByRole("heading", { name: texts.diary.after }).waitFor();
      await page.getByRole("button", { name: "3", exact: true }).click();
      await page.getByRole("heading", { name: texts.diary.after }).waitFor({ state: "detached" });
      await close(page).click();
      // The lockout: the button says when, and asks for nothing.
      await hold(page, 2_300);
      await page.getByRole("status").filter({ hasText: /The next dose is possible at/ }).waitFor();
      await picture(page, "lockout");
      assert.equal(wishes.length, 1);
      await page.reload();
      await ready(page);
      assert.equal(await page.getByRole("heading", { name: texts.diary.after }).count(), 0);
    },
    { allowed: [cutOff] },
  );
});

test("the diary keeps what is written, once", async () => {
  await onPages(demo.handheld, async (page) => {
    await tab(page, "diary").click();
    await page.getByText("Pain 3 of 10").waitFor();
    await page.getByRole("button", { name: texts.diary.save }).click();
    await page.getByText(texts.diary.nothing).waitFor();
    await page.getByRole("button", { name: "7", exact: true }).click();
    await page.getByRole("button", { name: texts.diary.list.itching }).click();
    await page.getByLabel(texts.diary.note).fill("Came in the evening ✓");
    await page.getByRole("button", { name: texts.diary.save }).click();
    await page.getByText("Pain 7 of 10 · Itching").waitFor();
    await picture(page, "diary");
    assert.equal(await page.getByText("Came in the evening ✓").count(), 1);
  });
});

test("my pump tells what the pump says, and offers nothing that the prescription does not allow", async () => {
  await onPages(demo.handheld, async (page) => {
    await ready(page);
    await tab(page, "pump").click();
    await page.getByText("6 mg/day").waitFor();
    await page.getByText(texts.modes["simple continuous"]).waitFor();
    await picture(page, "pump");
    assert.equal(await page.getByRole("button", { name: texts.pump.pause }).count(), 0);
    assert.equal(await page.locator("input, select").count(), 0, "nothing here edits a therapy");
  });
});

test("a pump that does not answer is said to be out of reach, with the age of what is known", async () => {
  await onPages(demo.handheld, async (page) => {
    await ready(page);
    const pump = pumpProcess();
    process.kill(pump, "SIGSTOP");
    try {
      await tab(page, "pump").click();
      await page.getByRole("button", { name: texts.away.look }).click();
      await page.getByText(/^The pump is not in reach\. What you see is from (\w{3}, \w{3} \d+, )?\d\d:\d\d, (\d+ (seconds|minutes)|1 minute) ago\./).waitFor();
      await tab(page, "dose").click();
      await picture(page, "away");
      assert.match(await page.locator("body").innerText(), /Next dose possible at (\w{3}, \w{3} \d+, )?\d\d:\d\d/);
    } finally {
      process.kill(pump, "SIGCONT");
    }
    await became(page, "old").waitFor({ state: "detached" });
  });
});

test("the emergency card and the last answer are there without the programmer and without a network", async () => {
  await onPages(
    demo.handheld,
    async (page) => {
      await ready(page);
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.waitForFunction(() => localStorage.getItem("theca.card") !== null);
      await page.context().setOffline(true);
      await page.reload();
      await page.getByText(/^This phone's programmer does not answer\. What you see is from/).waitFor();
      await tab(page, "card").click();
      await page.getByText("Zoe Quist").waitFor();
      await page.getByText("6 mg/day").waitFor();
      await page.getByText(/Naloxone is the antidote/).waitFor();
      await picture(page, "card-offline");
      await page.context().setOffline(false);
    },
    { allowed: [cutOff] },
  );
});

test("clinic and handheld in one browser receive nothing of each other", async () => {
  const context = await browser.newContext();
  try {
    const sent: Promise<{ readonly to: string; readonly cookie: string; readonly key: string } | null>[] = [];
    const clinic = await context.newPage();
    await clinic.goto(demo.link("Mia Sato"));
    await clinic.getByRole("heading", { name: "Your patients" }).waitFor();
    assert.equal((await context.cookies()).length, 1);
    context.on("request", (request) => {
      sent.push(
        request.allHeaders().then(
          (headers) => ({ to: request.url(), cookie: headers["cookie"] ?? "", key: headers["authorization"] ?? "" }),
          () => null, // of a worker that has ended
        ),
      );
    });
    const handheld = await context.newPage();
    await handheld.goto(demo.handheld);
    await handheld.getByText(texts.fine).waitFor();
    await clinic.reload();
    await clinic.getByRole("heading", { name: "Your patients" }).waitFor();
    await handheld.waitForTimeout(500);
    const received = (await Promise.all(sent)).filter((one) => one !== null);
    const of = (origin: string) => received.filter(({ to }) => to.startsWith(origin));
    assert(of(address()).some(({ to, key }) => to.endsWith("/api/pump") && key.startsWith("Bearer ")));
    assert.deepEqual(of(address()).filter(({ cookie }) => cookie !== ""), [], "the handheld received a cookie");
    assert(of(demo.address).some(({ cookie }) => cookie !== ""));
    assert.deepEqual(of(demo.address).filter(({ key }) => key !== ""), [], "the clinic received the handheld's key");
    assert.deepEqual((await context.cookies()).map(({ name }) => name), ["__Host-theca"]);
    // Whoever comes to localhost is sent on.
    await handheld.goto(address().replace("127.0.0.1", "localhost"));
    assert.equal(new URL(handheld.url()).hostname, "127.0.0.1");
  } finally {
    context.removeAllListeners("request");
    await context.close();
  }
});

test("every page holds at 320 px, at twice the type, in light and dark, and axe finds nothing", async () => {
  for (const colorScheme of ["light", "dark"] as const)
    for (const [name, viewport, type] of [
      ["phone", phone, "100%"],
      ["small", small, "100%"],
      ["large type", small, "200%"],
    ] as const)
      await onPages(
        demo.handheld,
        async (page) => {
          await ready(page);
          await page.evaluate((size) => (document.documentElement.style.fontSize = size), type);
          for (const part of ["dose", "diary", "pump", "card"] as const) {
            await tab(page, part).click();
            await page.waitForTimeout(100);
            await picture(page, `${part}-${colorScheme}-${name.replace(" ", "-")}`);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert(wide <= 0, `${part}, ${name}: ${wide} px beyond the edge`);
            assert.deepEqual(await accessibilityFaults(page), [], `${part}, ${name}, ${colorScheme}`);
          }
        },
        { viewport, colorScheme },
      );
});

test("INV-7 a start anew of all of it forgets no dose, and the pump's own journal has one granted and one cut", async () => {
  assert.equal(await demo.stop(), 0);
  await demo.start();
  await onPages(demo.handheld, async (page) => {
    await page.getByText(/1 of 4 left|None of 4 left|0 of 4/).first().waitFor();
    assert.equal(await ask(page).getAttribute("aria-disabled"), "true");
  });
  assert.equal(await demo.stop(), 0);
  const entries = await demo.journal();
  const times = (name: string) => entries.filter(({ event }) => event === name).length;
  assert.equal(times("bolus granted"), 1);
  assert.equal(times("bolus cut"), 1);
  assert.equal(times("bolus refused"), 0, "a button that is off asks for nothing");
  assert.equal(times("stopped"), 0, "STOP ends a dose, and nothing else");
  const cut = entries.find(({ event }) => event === "bolus cut");
  assert(Number(cut?.["given_nl"]) > 0 && Number(cut?.["given_nl"]) < 25_000, JSON.stringify(cut));
});
