// The clinic's pages in a browser, against everything that runs behind them: server, signer, gateway, and virtual pumps
// over the link, each a process of its own.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { accessibilityFaults, openBrowser, openPage } from "../testing/browser";
import {
  button,
  heading,
  type OnPages,
  pagesOf,
  patientLink,
  picture,
  readPump,
  refusal,
  signIn,
  tablet,
  toPump,
  verdict,
} from "../testing/clinic_pages";
import { Demo, program, theca } from "../testing/demo";
import { texts } from "./texts";

let browser: Browser;
let demo: Demo;
let onPages: OnPages;

before(async () => {
  demo = await Demo.make();
  [browser] = await Promise.all([openBrowser(), demo.start()]);
  onPages = pagesOf(browser, demo);
});

after(async () => {
  await browser?.close();
  await demo?.remove();
});

const doseField = (page: Page, drug = "morphine") => page.getByLabel(texts.change.dose.replace("{drug}", drug));
async function write(page: Page, dose: string, drug = "morphine"): Promise<void> {
  await button(page, texts.read.next).click();
  await doseField(page, drug).pressSequentially(dose, { delay: 80 });
  await button(page, texts.change.compare).click();
}
async function confirmDose(page: Page, dose: string): Promise<void> {
  await heading(page, texts.compare.title).waitFor();
  await page.getByLabel(texts.compare.typed).pressSequentially(dose, { delay: 80 });
}
/** The old dose, as a reading has it. */
async function dailyDose(page: Page): Promise<string> {
  return await page.locator("dl dd").first().innerText();
}

test("a wrong ticket signs nobody in, and a right one signs in once", async () => {
  const link = demo.link("Mia Sato");
  await onPages(link, async (page) => {
    await signIn(page);
    assert.equal(new URL(page.url()).hash, "#/", "the ticket stands in the address still");
    assert.match(await page.locator("header").innerText(), /Mia Sato, nurse/);
  });
  await demo.until(() => demo.links("Mia Sato").length === 2, "no other link comes");
  for (const bad of [link, `${demo.address}#ticket=${"A".repeat(43)}`])
    await onPages(
      bad,
      async (page) => {
        await page.getByRole("alert").waitFor();
        assert.match(await page.getByRole("alert").innerText(), /used, or was never given/);
        await heading(page, texts.signIn.title).waitFor();
      },
      { allowed: [refusal] },
    );
});

test("INV-7 INV-11 a dose is read, changed, compared, signed, sent and read back, and the pump's journal has it", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await signIn(page);
    await picture(page, "patients");
    assert.match(await page.getByText(texts.demo).innerText(), /made-up patients/);
    await toPump(page);
    assert.equal(await button(page, texts.read.next).count(), 0, "nothing can be changed before the read");
    await readPump(page);
    await picture(page, "found");
    assert.equal(await dailyDose(page), "6 mg/day");
    for (const part of ["Zoe Quist", "1956-03-09", "2041", "morphine 20 mg/mL"])
      assert.match(await page.locator("aside").innerText(), new RegExp(part));
    await write(page, "5.4");
    await confirmDose(page, "54"); // a slip: above what the field takes
    await picture(page, "compare");
    assert.match(await page.locator("main").innerText(), /5\.4 mg\/day instead of 6 mg\/day: −10 %/);
    await button(page, texts.compare.sign).click();
    assert.equal(await verdict(page).count(), 0, "a slip was sent");
    await page.getByLabel(texts.compare.typed).fill("");
    await page.getByLabel(texts.compare.typed).pressSequentially("5.4", { delay: 80 });
    await button(page, texts.compare.sign).dblclick();
    await verdict(page).waitFor();
    await picture(page, "sent");
    assert.equal(await verdict(page).getAttribute("data-mood"), "good");
    assert.match(await verdict(page).innerText(), /Order 2: 5\.4 mg\/day of morphine, 0\.27 mL\/day/);
    assert.match(await verdict(page).innerText(), /all 1428 bytes are the same/);
    await button(page, texts.sent.anew).click();
    await readPump(page);
    assert.equal(await dailyDose(page), "5.4 mg/day");
    assert.equal(await page.getByText(texts.read.record.same).count(), 1);
  });
});

test("a typed dose that is not the order's sends nothing", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await toPump(page);
      await readPump(page);
      const before = await dailyDose(page);
      await write(page, "5.3");
      await confirmDose(page, "5.35");
      await button(page, texts.compare.sign).click();
      await page.getByRole("alert").filter({ hasText: "typed to confirm" }).waitFor();
      assert.equal(await verdict(page).count(), 0);
      await page.goBack(); // to the patient: the draft stays behind
      await heading(page, "Zoe Quist").waitFor();
      await page.getByRole("link", { name: texts.patient.open }).click();
      assert.equal(await button(page, texts.read.next).count(), 0, "a draft outlived its page");
      await readPump(page);
      assert.equal(await dailyDose(page), before);
    },
    { allowed: [refusal] },
  );
});

test("a hard limit, a rise for two and a dose between the pump's steps are refused where they are written", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await toPump(page);
      await readPump(page);
      await write(page, "600");
      assert.match(await page.locator("main").innerText(), /the most that may be written here/);
      assert.equal(await heading(page, texts.compare.title).count(), 0);
      await doseField(page).fill("");
      await doseField(page).pressSequentially("5.40001", { delay: 80 });
      await button(page, texts.change.compare).click();
      assert.match(await page.locator("main").innerText(), /Write 5\.4 or 5\.4001/);
      await doseField(page).fill("");
      await doseField(page).pressSequentially("6.6", { delay: 80 }); // a rise within 12 h
      await button(page, texts.change.compare).click();
      await confirmDose(page, "6.6");
      await button(page, texts.compare.sign).click();
      await page.getByRole("alert").filter({ hasText: "second-clinician" }).waitFor();
      assert.equal(await verdict(page).count(), 0);
    },
    { allowed: [refusal] },
  );
});

test("INV-7 an answer that is lost in mid-send is told as not known, asked for again, and done once", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await toPump(page);
      await readPump(page);
      await write(page, "5.2");
      await confirmDose(page, "5.2");
      // The request arrives and its answer does not, as often as the network wants.
      let lost = 2;
      const names: string[] = [];
      await page.route("**/sends", async (route) => {
        names.push(route.request().headers()["idempotency-key"] ?? "");
        if (lost-- <= 0) return await route.continue();
        await route.fetch().catch(() => null);
        await route.abort("connectionreset");
      });
      await button(page, texts.compare.sign).click();
      await heading(page, texts.sent.unknown).waitFor();
      assert.equal(await button(page, texts.compare.sign).count(), 0, "it can be sent again");
      await picture(page, "unknown");
      await button(page, texts.sent.askServer).click();
      await button(page, texts.sent.askServer).click();
      await verdict(page).and(page.locator('[data-mood="good"]')).waitFor();
      assert.match(await verdict(page).innerText(), /Order \d+: 5\.2 mg\/day/);
      assert.equal(names.length, 3);
      assert.equal(new Set(names).size, 1, "one wish had several names");
      await button(page, texts.sent.anew).click();
      await readPump(page);
      assert.equal(await dailyDose(page), "5.2 mg/day");
    },
    { allowed: [/ERR_CONNECTION_RESET/] },
  );
});

test("the day has each pump with what it asks for, and a patient is found by three letters, a date or a number", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      const today = page.locator("section", { has: heading(page, texts.today.title) });
      const row = today.getByRole("link", { name: /^Zoe Quist/ });
      await row.waitFor();
      assert.match(await row.innerText(), /The patient is watched until/);
      assert.match(await row.innerText(), /Refill before/);
      assert.match(await today.getByRole("link", { name: /^Lena Marsh/ }).innerText(), new RegExp(texts.today.noRadio));
      assert.match(await today.getByRole("link", { name: /^Tom Ivers/ }).innerText(), new RegExp(texts.today.matters.notRead));
      await page.keyboard.press("/");
      const field = page.getByLabel(texts.search.label);
      assert.ok(await field.evaluate((one) => one === document.activeElement), "the slash does not lead to the search");
      const results = page.getByRole("status").getByRole("link");
      for (const [typed, name] of [["mar", "Lena Marsh"], ["1971-01-14", "Omar Reyes"], ["demo-2", "Tom Ivers"]] as const) {
        await field.fill(typed);
        await field.press("Enter");
        await results.filter({ hasText: name }).waitFor();
        assert.equal(await results.count(), 1);
      }
      await field.fill("zz");
      await field.press("Enter");
      await page.getByText(texts.search.nobody).waitFor();
      await field.fill("-");
      await field.press("Enter");
      await page.getByRole("alert").waitFor();
      assert.match(await page.getByRole("alert").innerText(), /three letters or more/);
      await field.fill("lena");
      await field.press("Enter");
      await results.first().waitFor();
      await picture(page, "today");
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 320, height: 700 });
      assert.deepEqual(await accessibilityFaults(page), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0);
      await picture(page, "today-320-dark");
      await results.first().click();
      await heading(page, "Lena Marsh").waitFor();
    },
    { allowed: [refusal] },
  );
});

test("INV-7 two tabs of one draft change the pump once", async () => {
  const first = await openPage(browser, demo.link("Ada Okafor"), { viewport: tablet });
  try {
    await signIn(first.page);
    const second = await first.page.context().newPage();
    await second.goto(demo.address);
    await second.evaluate(() => sessionStorage.setItem("theca-key", "demo")); // the same demo key, in this tab too
    await signIn(second);
    for (const page of [first.page, second]) {
      await toPump(page);
      await readPump(page);
      await write(page, "5.1");
      await confirmDose(page, "5.1");
    }
    await button(first.page, texts.compare.sign).click();
    await first.page.locator('[data-mood="good"]').waitFor();
    // The other tab's order names a parent that runs no more.
    await button(second, texts.compare.sign).click();
    await second.getByRole("alert").or(second.locator('[data-mood="bad"]')).first().waitFor();
    assert.equal(await second.locator('[data-mood="good"]').count(), 0);
  } finally {
    await first.close();
  }
});

test("what stands in the fields is what is drafted, and its most in any hour and day stand beside it", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await signIn(page);
    await toPump(page);
    await readPump(page);
    await button(page, texts.read.next).click();
    await doseField(page).pressSequentially("5.4", { delay: 80 });
    const made = page.locator('[data-preview="made"]');
    await made.waitFor();
    assert.match(await made.innerText(), /most in any day/);
    const tried = page.locator('[data-trial="tried"]');
    await tried.waitFor();
    assert.equal(await tried.locator("[data-of]").getAttribute("data-of"), "5.4 mg/day");
    assert.match(await tried.innerText(), /500 virtual patients/);
    assert.match(await tried.innerText(), /none of 500|in \d+ of 500/);
    await page.getByLabel(texts.trial.all).check();
    await picture(page, "trial");
    // What is written next takes the place of what was tried before, and until then the older one is named.
    await doseField(page).fill("");
    await doseField(page).pressSequentially("4.8", { delay: 80 });
    await page.locator('[data-trial="tried"] [data-of="4.8 mg/day"]').waitFor();
    await doseField(page).fill("");
    await tried.waitFor({ state: "detached" });
    await doseField(page).pressSequentially("5.4", { delay: 80 });
    await tried.waitFor();
    // The field goes and comes back with what was written in it.
    await page.getByLabel(texts.flex.byClock).check();
    await doseField(page).waitFor({ state: "detached" });
    await page.getByLabel(texts.flex.constant).check();
    assert.equal(await doseField(page).inputValue(), "5.4");
    await button(page, texts.change.compare).click();
    await heading(page, texts.compare.title).waitFor();
    await button(page, texts.compare.back).click();
    assert.equal(await doseField(page).inputValue(), "5.4");
    await button(page, texts.change.compare).click(); // a dose that stands there is a dose that is written
    await heading(page, texts.compare.title).waitFor();
    await button(page, texts.compare.back).click();
    await doseField(page).fill("");
    await page.locator("[data-preview]").waitFor({ state: "detached" });
  });
});

test("INV-7 nobody leaves a page whose order is on its way, nor signs out of it", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await toPump(page);
      await readPump(page);
      await write(page, "5.3");
      await confirmDose(page, "5.35"); // a slip, so that nothing is sent in the end
      const here = page.url();
      let go: () => void = () => {};
      const gone = new Promise<void>((let_) => (go = let_));
      await page.route("**/sends", async (route) => {
        await gone;
        await route.continue();
      });
      await button(page, texts.compare.sign).click();
      await page.getByText(texts.compare.sending).waitFor();
      await page.locator("main").getByRole("link", { name: /Zoe Quist$/ }).click();
      await button(page, texts.signOut).click();
      await page.waitForTimeout(300);
      assert.equal(page.url(), here);
      assert.equal(await page.getByText(texts.compare.sending).count(), 1);
      go();
      await page.getByRole("alert").filter({ hasText: "typed to confirm" }).waitFor();
      await page.locator("main").getByRole("link", { name: /Zoe Quist$/ }).click();
      await heading(page, "Zoe Quist").waitFor();
    },
    { allowed: [refusal] },
  );
});

test("INV-10 a page signs for the person whose name stands above it, or not at all", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await signIn(page);
    await toPump(page);
    await readPump(page);
    await write(page, "5.3");
    await confirmDose(page, "5.3");
    const other = await page.context().newPage();
    await other.goto(demo.link("Ben Castell"));
    await signIn(other);
    await page.route("**/api/session", (route) => (route.request().method() === "GET" ? route.continue() : route.abort()));
    await button(page, texts.compare.sign).click();
    await page.getByText(/Ben Castell has signed in\. Nothing was signed\.|Ben Castell, physician/).first().waitFor();
    assert.equal(await verdict(page).count(), 0);
    await other.close();
  });
});

test("INV-10 a rise takes a second clinician, on a device of his own", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (ada) => {
      await signIn(ada);
      await toPump(ada);
      await readPump(ada);
      await write(ada, "5.6");
      await confirmDose(ada, "5.6");
      await button(ada, texts.compare.sign).click();
      await button(ada, texts.second.ask).click();
      await ada.getByText(texts.second.asked).waitFor();
      await picture(ada, "asked_second");
      await onPages(demo.link("Mia Sato"), async (mia) => {
        await signIn(mia);
        assert.equal(await mia.getByText(texts.second.waiting).count(), 0, "a nurse is asked to sign");
      });
      assert.equal(await button(ada, texts.compare.sign).count(), 0);
      await onPages(
        demo.link("Ben Castell"),
        async (ben) => {
          await signIn(ben);
          await ben.getByRole("link", { name: "Zoe Quist, asked by Ada Okafor" }).click();
          await heading(ben, texts.second.title).waitFor();
          await picture(ben, "second");
          for (const part of ["Zoe Quist", "1956-03-09", "2041", "morphine 20 mg/mL"])
            assert.match(await ben.locator("aside").innerText(), new RegExp(part));
          assert.match(await ben.locator("main").innerText(), /5\.6 mg\/day instead of 5\.1 mg\/day/);
          assert.deepEqual(await accessibilityFaults(ben), []);
          await ben.getByLabel(texts.compare.typed).pressSequentially("5.65", { delay: 80 });
          await button(ben, texts.second.sign).click();
          await ben.getByRole("alert").filter({ hasText: "typed to confirm" }).waitFor();
          await ben.getByLabel(texts.compare.typed).fill("");
          await ben.getByLabel(texts.compare.typed).pressSequentially("5.6", { delay: 80 });
          await button(ben, texts.second.sign).click();
          await verdict(ben).waitFor();
          assert.equal(await verdict(ben).getAttribute("data-mood"), "good", await verdict(ben).innerText());
        },
        { allowed: [refusal] },
      );
      await verdict(ada).waitFor();
      assert.equal(await verdict(ada).getAttribute("data-mood"), "good");
      assert.match(await verdict(ada).innerText(), /5\.6 mg\/day of morphine/);
      await ada.goto(demo.address);
      assert.equal(await ada.getByText(texts.second.waiting).count(), 0);
    },
    { allowed: [refusal] },
  );
});

test("INV-12 a nurse reads and drafts, and sends nothing; a stopped session says so", async () => {
  await onPages(
    demo.link("Mia Sato"),
    async (page) => {
      await signIn(page);
      await toPump(page);
      await readPump(page);
      await write(page, "5");
      await confirmDose(page, "5");
      await button(page, texts.compare.sign).click();
      await page.getByRole("alert").waitFor();
      assert.equal(await verdict(page).count(), 0);
      await page.context().clearCookies();
      await page.reload();
      await heading(page, texts.signIn.title).waitFor();
      await picture(page, "sign_in");
    },
    { allowed: [refusal] },
  );
});

test("a reading that is older than ten minutes changes nothing", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await signIn(page);
    await page.clock.install();
    await page.reload();
    await signIn(page);
    await toPump(page);
    await readPump(page);
    await button(page, texts.read.next).click();
    await page.clock.fastForward("10:01");
    await page.getByText(texts.read.over).waitFor();
    await button(page, texts.read.anew).click();
    await heading(page, texts.read.title).waitFor();
  });
});

test("what has no pump, no radio or another drug is told as it is", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await patientLink(page, "Omar Reyes").click();
      await page.getByText(texts.patient.noPump).waitFor();
      await page.goBack();
      await toPump(page, "Lena Marsh");
      await button(page, texts.read.button).click();
      await page.getByText(/has no radio/).waitFor();
      await page.goto(`${demo.address}#/`);
      await toPump(page, "Tom Ivers");
      await readPump(page);
      await picture(page, "found_flex");
      assert.match(await page.locator("main").innerText(), /flex/);
      await button(page, texts.read.next).click();
      await page.getByLabel(texts.flex.constant).check();
      await doseField(page, "baclofen").pressSequentially("310", { delay: 80 });
      await button(page, texts.change.compare).click();
      await heading(page, texts.compare.title).waitFor();
      await picture(page, "compare_flex");
      assert.match(await page.locator("main").innerText(), /310 mcg\/day instead of \d+(\.\d+)? mcg\/day/);
    },
    { allowed: [refusal] },
  );
});

test("INV-11 a flex schedule is dragged and typed, sent, and found again", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await signIn(page);
    await toPump(page, "Tom Ivers");
    await readPump(page);
    await button(page, texts.read.next).click();
    await picture(page, "flex");
    const weekend = page.getByRole("group", { name: "Sat, Sun" });
    assert.match(await weekend.innerText(), /In the whole day: 315 mcg\/day/);
    assert.deepEqual(await accessibilityFaults(page), []);
    // Typed: less at night, and the day begins at ten.
    const night = weekend.getByLabel("Dose from 00:00");
    await night.fill("");
    await night.pressSequentially("230", { delay: 80 });
    await weekend.getByLabel(texts.flex.from, { exact: true }).last().selectOption("10:00");
    assert.match(await weekend.innerText(), /In the whole day: 305\.8 mcg\/day/);
    // Dragged: the change of dose to eleven, and what comes after it a little down.
    const strip = weekend.locator("svg");
    await strip.evaluate((it) => it.scrollIntoView({ block: "center" }));
    const box = await strip.boundingBox();
    assert(box);
    const at = (minute: number) => box.x + (minute / 1440) * box.width;
    await page.mouse.move(at(600), box.y + box.height * 0.3);
    await page.mouse.down();
    await page.mouse.move(at(660), box.y + box.height * 0.3, { steps: 5 });
    await page.mouse.up();
    await weekend.getByLabel("Dose from 11:00").waitFor();
    const level = weekend.locator('[data-drag="dose"]').last();
    await strip.evaluate((it) => it.scrollIntoView({ block: "center" }));
    const grip = await level.boundingBox();
    assert(grip);
    await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
    await page.mouse.down();
    await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2 + box.height * 0.05, { steps: 5 });
    await page.mouse.up();
    const drawn = Number(await weekend.getByLabel("Dose from 11:00").inputValue());
    assert(drawn < 360 && drawn > 300 && drawn % 10 === 0, `dragged to ${drawn}`);
    await picture(page, "flex_changed");
    await button(page, texts.change.compare).click();
    await heading(page, texts.compare.title).waitFor();
    const row = page.getByRole("row", { name: /profile 2/ });
    assert.match(await row.innerText(), new RegExp(`from 00:00 .* \\(230 mcg/day\\), from 11:00 .* \\(${drawn} mcg/day\\)`));
    // The day that gives most is a working day now.
    await confirmDose(page, "312.5");
    await button(page, texts.compare.sign).click();
    await verdict(page).or(page.getByRole("alert")).first().waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
    assert.equal(await verdict(page).getAttribute("data-mood"), "good", await verdict(page).innerText());
    await button(page, texts.sent.anew).click();
    await readPump(page);
    await button(page, texts.read.next).click();
    assert.equal(await weekend.getByLabel("Dose from 11:00").inputValue(), String(drawn));
    assert.equal(await weekend.getByLabel("Dose from 00:00").inputValue(), "230");
  });
});

for (const [size, viewport] of [
  ["tablet", tablet],
  ["phone", { width: 320, height: 640 }],
] as const)
  for (const colorScheme of ["light", "dark"] as const)
    test(`every page is accessible and fits, ${size}, ${colorScheme}`, async () => {
      await onPages(
        demo.link("Ada Okafor"),
        async (page) => {
          const look = async (name: string) => {
            assert.deepEqual(await accessibilityFaults(page), [], name);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert(wide <= 0, `${name} is ${wide} px wider than the screen`);
            await picture(page, `${name}_${size}_${colorScheme}`);
          };
          await signIn(page);
          await look("patients");
          await patientLink(page, "Zoe Quist").click();
          await page.getByRole("link", { name: texts.patient.open }).waitFor();
          await look("patient");
          await page.getByRole("link", { name: texts.patient.open }).click();
          await button(page, texts.read.button).waitFor();
          await look("read");
          await readPump(page);
          await page.locator("details summary").click();
          await look("found");
          await button(page, texts.read.next).click();
          await doseField(page).pressSequentially("4.9", { delay: 80 });
          await page.getByLabel(texts.change.other).check();
          await look("change");
          await page.getByLabel(texts.change.keep).check();
          await page.locator('[data-trial="tried"]').waitFor();
          await page.locator("[data-trial] details summary").click();
          await look("trial");
          await button(page, texts.change.compare).click();
          await heading(page, texts.compare.title).waitFor();
          await look("compare");
          await button(page, texts.signOut).click();
          await heading(page, texts.signIn.title).waitFor();
          await look("sign_in");
        },
        { viewport, colorScheme },
      );
    });

test("a passkey of the browser signs in, and signs an order", async () => {
  const { clinic } = demo;
  const shown = JSON.parse(await theca(["signer", "show", join(clinic, "signer"), "--json"])) as {
    people: { serial: number; name: string }[];
  };
  const serial = String(shown.people.find(({ name }) => name === "Ada Okafor")?.serial);
  await onPages(demo.address, async (page) => {
    const session = await page.context().newCDPSession(page);
    await session.send("WebAuthn.enable");
    await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const enrolling = spawn(program, ["signer", "enrol", join(clinic, "signer"), "--serial", serial, "--name", "Ada Okafor"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    enrolling.stdout.on("data", (text: Buffer) => (said += String(text)));
    const enrolled = new Promise<number | null>((ended) => enrolling.on("exit", ended));
    await demo.until(() => said.includes("\n"), "no challenge comes");
    const challenge = /^challenge (\S+)/.exec(said)?.[1] ?? "";
    const registration = await page.evaluate(async (asked) => {
      const bytes = Uint8Array.from(atob(asked.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      const made = await navigator.credentials.create({
        publicKey: {
          challenge: bytes,
          rp: { id: "localhost", name: "Theca" },
          user: { id: new Uint8Array([1, 2, 3]), name: "ada", displayName: "Ada Okafor" },
          pubKeyCredParams: [{ type: "public-key", alg: -7 }],
          authenticatorSelection: { residentKey: "required", userVerification: "required" },
          attestation: "none",
        },
      });
      return JSON.stringify((made as PublicKeyCredential).toJSON());
    }, challenge);
    enrolling.stdin.end(`${registration}\n`);
    assert.equal(await enrolled, 0, said);
    const keys = (await theca(["signer", "passkeys", join(clinic, "signer"), "--serial", serial])).trim().split("\n");
    await theca(["server", "passkey", join(clinic, "server"), "--serial", serial], `${keys.at(-1)}\n`);

    await button(page, texts.signIn.byPasskey).click();
    await signIn(page);
    assert.match(await page.locator("header").innerText(), /Ada Okafor, physician/);
    await toPump(page);
    await readPump(page);
    await write(page, "4.8");
    await confirmDose(page, "4.8");
    await button(page, texts.compare.sign).click();
    await verdict(page).waitFor();
    assert.equal(await verdict(page).getAttribute("data-mood"), "good", await verdict(page).innerText());
    assert.match(await verdict(page).innerText(), /4\.8 mg\/day/);
  }, { allowed: [/status of 401/, /pubKeyCredParams/] }); // the server verifies ES256 and EdDSA alone
});

test("INV-6 INV-9 Ctrl-C loses nothing, a second start goes on, and the pump's own journal has every order", async () => {
  assert.equal(await demo.stop(), 0, demo.said);
  assert.match(demo.said, /Stopping\./);
  await demo.start();
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await signIn(page);
    await toPump(page);
    await readPump(page);
    assert.equal(await dailyDose(page), "4.8 mg/day");
    assert.equal(await page.getByText(texts.read.record.same).count(), 1);
  });
  assert.equal(await demo.stop(), 0, demo.said);

  // The pump alone, read over its link with nothing of the clinic between.
  const entries = await demo.journal();
  // 6, 5.4, 5.2, 5.1, 5.6 and 4.8 mg/day: each began once. What was refused on the way may have taken a number.
  const begun = entries.filter(({ event }) => event === "prescription started").map(({ prescription }) => prescription);
  assert.equal(begun.length, 6, JSON.stringify(begun));
  assert(begun.every((number, i) => i === 0 || Number(number) > Number(begun[i - 1])), JSON.stringify(begun));
});

test("pages that are not there are told before anything is made", async () => {
  const folder = join(demo.folder, "never");
  const without = theca(["up", "--folder", folder, "--pages", join(demo.folder, "nothing")]);
  await assert.rejects(without, (error: Error & { code?: number; stderr?: string }) => {
    assert.equal(error.code, 2);
    assert.match(error.stderr ?? "", /the pages are not there/);
    return true;
  });
  assert(!existsSync(folder));
});

test("INV-16 a real clinic's records are opened by no demo", async () => {
  const folder = join(demo.folder, "real");
  mkdirSync(folder, { mode: 0o700 });
  await theca(["server", "make", join(folder, "server"), "--clinic", "Clinic of the hill", "--administrator", "Adam Ray", "--site",
    "localhost", "--origin", "http://localhost:8080"]);
  await assert.rejects(theca(["up", "--folder", folder, "--pages", demo.pages, "--port", String(demo.port)]), (error: Error & { code?: number; stderr?: string }) => {
    assert.equal(error.code, 2);
    assert.match(error.stderr ?? "", /the records of Clinic of the hill stand here/);
    return true;
  });
});

test("INV-12 no name of a patient stands in clear in the records' files", async () => {
  const server = join(demo.clinic, "server");
  const files = readdirSync(server, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  assert(files.some(({ name }) => name === "clinic.db"));
  for (const file of files) {
    const bytes = readFileSync(join(file.parentPath ?? file.path, file.name)).toString("latin1");
    for (const secret of ["Quist", "quist", "DEMO-1", "1956-03-09", "THECA-DEMO-2041"])
      assert(!bytes.includes(secret), `${file.name} holds "${secret}"`);
  }
});
