// A first therapy in a browser, from the pump on the shelf to the pump's own journal: catheter, fluid and prime, the
// doses, the comparison, the key; then the first hours.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { accessibilityFaults, openBrowser } from "../testing/browser";
import { button, heading, type OnPages, pagesOf, picture, readPump, refusal, signIn, tablet, toPump, verdict } from "../testing/clinic_pages";
import { Demo } from "../testing/demo";
import { texts } from "./texts";

const patient = "Ines Hall";
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

const typed = (page: Page, label: string, text: string) => page.getByLabel(label).pressSequentially(text, { delay: 80 });

async function toImplant(page: Page): Promise<void> {
  await signIn(page);
  await toPump(page, patient);
  await readPump(page);
  await page.getByText(texts.implant.shelf).waitFor();
  await button(page, texts.implant.begin).click();
  await heading(page, texts.implant.title).waitFor();
}
async function writeImplant(page: Page, catheter: string, cutOff: string): Promise<void> {
  await typed(page, texts.implant.catheter.length, catheter);
  await typed(page, texts.implant.catheter.cutOff, cutOff);
  await page.getByLabel(texts.refill.label.drug).selectOption({ label: "baclofen" });
  await typed(page, texts.refill.label.concentration.replace("{drug}", "baclofen"), "500");
  await typed(page, texts.implant.fluid.filled, "18");
  await page.getByLabel(texts.implant.prime.yes).check();
}
async function writeTherapy(page: Page, dose: string): Promise<void> {
  await typed(page, texts.change.dose.replace("{drug}", "baclofen"), dose);
  await page.getByLabel(texts.change.none).check();
}
async function fits(page: Page): Promise<void> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const widest = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth)
        .map((one) => `${one.tagName} ${one.textContent?.slice(0, 40)}`)
        .at(-1),
    );
  assert.ok(wide <= 0, `the page is ${wide} px wider than the screen: ${wide > 0 ? await widest() : ""}`);
}

test("nothing is taken for granted: a part that is missing keeps the page where it is", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await toImplant(page);
    await writeImplant(page, "89", "17");
    await page.getByText(texts.implant.catheter.lies.replace("{length}", "72")).waitFor();
    await button(page, texts.implant.next).click();
    await page.getByText(texts.implant.missing).waitFor();
    assert.equal(await heading(page, texts.implant.title).count(), 1);
  });
});

test("more cut off than there was, and a nought too many, get nowhere", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await toImplant(page);
      await writeImplant(page, "17", "89"); // in each other's place
      await page.getByText(texts.implant.catheter.none).waitFor();
      await page.getByLabel(texts.implant.prime.dry).check();
      await button(page, texts.implant.next).click();
      await writeTherapy(page, "100");
      await page.locator("[data-preview=refused]").waitFor();
      assert.match(await page.locator("[data-preview]").innerText(), /were cut off a catheter/);
    },
    { allowed: [refusal] },
  );
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await toImplant(page);
    await writeImplant(page, "890", "17");
    await page.getByLabel(texts.implant.prime.dry).check();
    await button(page, texts.implant.next).click();
    await page.getByText(texts.implant.missing).waitFor();
  });
});

test("INV-4 INV-7 INV-11 a first therapy is written, compared, signed, sent and read back, and its first hours are watched", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await toImplant(page);
    await writeImplant(page, "89", "17");
    await page.getByLabel(texts.implant.prime.dry).check();
    await picture(page, "implant-step");
    assert.deepEqual(await accessibilityFaults(page), []);
    await button(page, texts.implant.next).click();
    await writeTherapy(page, "100");
    await page.locator("[data-preview=made]").waitFor();
    // 0.199 mL + 72 cm x 0.0022 mL/cm = 0.357 mL; x 500 mcg/mL = 179 mcg
    assert.match(await page.locator("[data-preview]").innerText(), /179 mcg in 0\.3574 mL/);
    await page.locator('[data-trial="tried"]').waitFor();
    assert.match(await page.locator("[data-trial]").innerText(), /tried in 500 virtual patients/);
    await page.getByText(texts.trial.first).waitFor();
    await picture(page, "implant-therapy");
    assert.deepEqual(await accessibilityFaults(page), []);
    await button(page, texts.change.compare).click();
    await heading(page, texts.compare.title).waitFor();
    await picture(page, "implant-compare");
    await typed(page, texts.compare.typed, "100");
    await button(page, texts.compare.sign).click();
    await verdict(page).waitFor();
    assert.equal(await verdict(page).getAttribute("data-mood"), "good", await verdict(page).innerText());
    await picture(page, "implant-sent");
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await accessibilityFaults(page), []);
    }
    await page.getByRole("link", { name: texts.firstHours.goOn }).click();
    await heading(page, texts.firstHours.watch).waitFor();
    await page.getByText(/The next look is due in/).waitFor();
    await button(page, texts.firstHours.look.keep).click();
    await page.getByText(texts.firstHours.look.missing).waitFor();
    await typed(page, texts.firstHours.look.breaths, "7");
    await page.getByText(texts.firstHours.look.grave).waitFor();
    await picture(page, "first-hours-grave");
    await page.getByLabel(texts.firstHours.look.breaths).fill("");
    await typed(page, texts.firstHours.look.breaths, "14");
    await page.getByLabel(texts.firstHours.look.states.awake).check();
    await page.getByLabel(texts.firstHours.look.signs.itching).check();
    await button(page, texts.firstHours.look.keep).click();
    await page.getByText(/14 breaths a minute/).waitFor();
    await picture(page, "first-hours");
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.setViewportSize({ width: 320, height: 700 });
    await fits(page);
    await picture(page, "first-hours-320");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize(tablet);
    await picture(page, "first-hours-dark");
    assert.deepEqual(await accessibilityFaults(page), []);
  });
});

test("INV-16 a nurse who comes later finds the first hours at the pump's page, and what was seen", async () => {
  await onPages(demo.link("Mia Sato"), async (page) => {
    await signIn(page);
    await toPump(page, patient);
    await page.getByRole("link", { name: texts.firstHours.goOn }).click();
    await page.getByText(/14 breaths a minute; Awake, or asleep and easy to wake; Itching/).waitFor();
    await page.getByText("Ada Okafor", { exact: false }).first().waitFor();
  });
});

test("INV-16 a patient comes into the records, and a pump that does not answer does not", async () => {
  await onPages(
    demo.link("Mia Sato"),
    async (page) => {
      await signIn(page);
      await page.getByText(texts.enrol.patient.title, { exact: true }).click();
      await button(page, texts.enrol.keep).click();
      await page.getByText(texts.enrol.patient.missing).waitFor();
      await page.getByLabel(texts.enrol.patient.name).fill("Noor Vale");
      await page.getByLabel(texts.enrol.patient.born).fill("1961-02-29");
      await page.getByText(texts.enrol.form).waitFor();
      await page.getByLabel(texts.enrol.patient.born).fill("1960-02-29");
      await page.getByLabel(texts.enrol.patient.number).fill("DEMO-9");
      await page.getByLabel(texts.enrol.patient.sex).selectOption("female");
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture(page, "new-patient");
      await button(page, texts.enrol.keep).click();
      await heading(page, "Noor Vale").waitFor();
      const part = page.locator("details", { has: page.getByText(texts.enrol.pump.title, { exact: true }) });
      await part.getByText(texts.enrol.pump.title, { exact: true }).click();
      await part.getByLabel(texts.enrol.pump.implant).fill("0909090909090909");
      await part.getByLabel(texts.enrol.pump.serial).fill("SN-1");
      await part.getByLabel(texts.enrol.pump.on).fill("2026-01-05");
      await part.getByRole("button", { name: texts.enrol.keep }).click();
      await page.getByRole("alert").waitFor();
      assert.match(await page.getByRole("alert").innerText(), /was not read/);
      await picture(page, "new-pump");
    },
    { allowed: [/Failed to load resource: the server responded with a status of 502/] },
  );
});

test("INV-10 INV-16 a chart is opened with a reason, and whoever keeps the books sees it", async () => {
  const reason = "Brought in by ambulance and cannot be woken.";
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await page.getByLabel(texts.search.label).fill("noor");
      await page.getByLabel(texts.search.label).press("Enter");
      const found = page.getByRole("status").getByRole("link");
      await found.waitFor();
      assert.match(await found.innerText(), new RegExp(texts.search.notInCare));
      await found.click();
      await page.getByText(texts.glass.how).waitFor();
      assert.equal(await page.getByRole("heading", { name: "Noor Vale" }).count(), 0, "a chart that is not open is shown");
      await page.getByLabel(texts.glass.reason).fill("why not");
      await button(page, texts.glass.open).click();
      await page.getByText(/This says too little/).waitFor();
      await page.getByLabel(texts.glass.reason).fill(reason);
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture(page, "glass");
      await button(page, texts.glass.open).click();
      await heading(page, "Noor Vale").waitFor();
    },
    { allowed: [refusal] },
  );
  await onPages(demo.link("Mia Sato"), async (page) => {
    await signIn(page);
    await page.getByRole("link", { name: /^Noor Vale/ }).click();
    const part = page.locator("details", { has: page.getByText(texts.team.title, { exact: true }) });
    await part.getByText(texts.team.title, { exact: true }).click();
    await part.getByText("Mia Sato, nurse").waitFor();
    await part.getByLabel(texts.team.choose).selectOption({ label: "Ada Okafor, physician" });
    await part.getByRole("button", { name: texts.team.join }).click();
    await part.getByRole("button", { name: texts.team.leave.replace("{name}", "Ada Okafor") }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, "team");
  });
  await onPages(demo.link("Adam Ray"), async (page) => {
    await page.getByText(reason).waitFor();
    await page.getByRole("row", { name: /Ada Okafor break glass/ }).first().waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, "books");
    await page.setViewportSize({ width: 320, height: 700 });
    await page.emulateMedia({ colorScheme: "dark" });
    await fits(page);
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, "books-320-dark");
    const rows = page.locator("tbody tr");
    const shown = await rows.count();
    await button(page, texts.books.older).click();
    await page.waitForFunction((before) => document.querySelectorAll("tbody tr").length > before, shown);
    await button(page, texts.books.reviewed).click();
    await page.getByText(texts.books.none).waitFor();
  });
});

test("INV-10 a pump out of its pack is met by its card, paired with a physician's key, and is in the record", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await page.getByRole("link", { name: /Omar Reyes/ }).click();
      await heading(page, "Omar Reyes").waitFor();
      const words = texts.enrol.pack;
      const part = page.locator("details", { has: page.getByText(words.title, { exact: true }) });
      await part.getByText(words.title, { exact: true }).click();
      await part.getByRole("button", { name: words.meet }).click();
      await part.getByText(words.missing).waitFor();
      await part.getByLabel(words.card).setInputFiles({ name: "photo.json", mimeType: "application/json", buffer: Buffer.from("{}") });
      await part.getByText(words.noCard).waitFor();
      const card = JSON.parse(readFileSync(join(demo.clinic, "pump-4.nvm.card"), "utf8")) as Record<string, string>;
      const file = (what: unknown) => ({ name: "pump.card", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(what)) });
      await part.getByLabel(words.card).setInputFiles(file({ ...card, secret: "0".repeat(64) }));
      await part.getByLabel(texts.enrol.pump.serial).fill("THECA-DEMO-6630");
      await part.getByLabel(texts.enrol.pump.on).fill("2026-01-05");
      await part.getByRole("button", { name: words.meet }).click();
      await part.getByRole("alert").waitFor();
      assert.match(await part.getByRole("alert").innerText(), /another one's card/);
      await part.getByLabel(words.card).setInputFiles(file(card));
      await part.getByRole("button", { name: words.meet }).click();
      await part.getByText(String(card["implant"])).waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture(page, "pump-met");
      await part.getByRole("button", { name: words.pair }).click();
      await verdict(page).waitFor();
      assert.equal(await verdict(page).getAttribute("data-mood"), "good", await verdict(page).innerText());
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.setViewportSize({ width: 320, height: 700 });
      await fits(page);
      await picture(page, "pump-paired-320");
      await page.getByRole("link", { name: words.toPump }).click();
      await readPump(page);
      await page.getByText(texts.implant.shelf).waitFor();
    },
    { allowed: [/Failed to load resource: the server responded with a status of 502/] },
  );
});

test("the emergency page is read without a sign-in, and asks the server for nothing of anybody", async () => {
  await onPages(`${demo.address}#/emergency`, async (page, watched) => {
    await heading(page, texts.emergency.title).waitFor();
    for (const { title } of [...texts.emergency.tooMuch.drugs, ...texts.emergency.tooLittle.drugs])
      await page.getByRole("heading", { name: title, exact: true }).first().waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, "emergency");
    await page.setViewportSize({ width: 320, height: 700 });
    await fits(page);
    await picture(page, "emergency-320");
    await page.emulateMedia({ colorScheme: "dark" });
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole("link", { name: texts.emergency.back }).click();
    await heading(page, texts.signIn.title).waitFor();
    await page.getByRole("link", { name: texts.emergency.link }).click();
    await heading(page, texts.emergency.title).waitFor();
    void watched;
  }, { allowed: [refusal] });
});

test("INV-10 a pump is lowered from its page, by two presses, and says so itself", async () => {
  await onPages(demo.link("Mia Sato"), async (page) => {
    await signIn(page);
    await toPump(page, "Tom Ivers");
    await page.getByRole("link", { name: texts.emergency.atPump }).click();
    await heading(page, texts.emergency.lower.title).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await button(page, texts.emergency.lower.button).click();
    await verdict(page).waitFor();
    assert.equal(await verdict(page).getAttribute("data-mood"), "good", await verdict(page).innerText());
    assert.match(await verdict(page).innerText(), /stays lowered for/);
    await picture(page, "lowered");
    await page.getByRole("link", { name: texts.emergency.toPump }).click();
    await readPump(page);
    assert.match(await page.locator("dl").first().innerText(), /lowered/);
  });
});

test("INV-4 INV-9 the pump's own journal has volume, rate and dose of it, once", async () => {
  await demo.stop();
  const entries = await demo.journal(patient);
  const primes = entries.filter((one) => one["event"] === "prime started");
  assert.equal(primes.length, 1);
  assert.equal(primes[0]?.["volume_nl"], 357_400);
  assert.equal(entries.filter((one) => one["event"] === "prescription taken").length, 1);
});
