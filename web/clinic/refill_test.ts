// A refill in a browser, from the read to the pump's own journal: nurse and second person each on a device of their own,
// against server, signer, gateway and virtual pump, each a process of its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { accessibilityFaults, openBrowser } from "../testing/browser";
import { button, heading, type OnPages, pagesOf, picture, readPump, refusal, signIn, tablet, toPump, verdict } from "../testing/clinic_pages";
import { Demo } from "../testing/demo";
import { filledIn, texts } from "./texts";

const words = texts.refill;
const phone = { width: 320, height: 640 };

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

/** Accessible, and no wider than the screen, on tablet and phone, light and dark. */
async function look(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of [["tablet", tablet], ["phone", phone]] as const)
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await accessibilityFaults(page), [], `${name}, ${size}, ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert(wide <= 0, `${name} is ${wide} px wider than the ${size}`);
      await picture(page, `refill_${name}_${size}_${colorScheme}`);
    }
  await page.setViewportSize(tablet);
  await page.emulateMedia({ colorScheme: "light" });
}

const type = (page: Page, label: string, text: string) => page.getByLabel(label, { exact: true }).pressSequentially(text, { delay: 80 });

async function begin(page: Page): Promise<void> {
  await signIn(page);
  await toPump(page);
  await readPump(page);
  await button(page, words.begin).click();
  await heading(page, words.label.title).waitFor();
}
async function readDrug(page: Page, drug: string, concentration: string): Promise<void> {
  await page.getByLabel(words.label.drug).selectOption(drug);
  const field = page.getByLabel(filledIn(words.label.concentration, { drug }));
  await field.fill("");
  await field.pressSequentially(concentration, { delay: 80 });
}
async function readLabel(page: Page, drug = "morphine", concentration = "20"): Promise<void> {
  await readDrug(page, drug, concentration);
  await page.getByLabel(words.label.lot).fill("L-4711");
  await page.getByLabel(words.label.expires).fill("2031-05");
  await page.getByText("31 May 2031").waitFor();
  await button(page, words.label.next).click();
}
/** Confirms the syringe that Mia has read, on a device of his own. */
async function confirmAs(name: string, looks = false): Promise<void> {
  await onPages(
    demo.link(name),
    async (page) => {
      await signIn(page);
      await page.getByText(words.second.waiting).waitFor();
      if (looks) await look(page, "waiting");
      await page.getByRole("link", { name: "Zoe Quist, asked by Mia Sato" }).click();
      await heading(page, words.second.title).waitFor();
      assert.match(await page.locator("main").innerText(), /Lot L-4711/);
      await button(page, words.second.confirm).click();
      await page.getByText(words.second.missing).waitFor();
      await page.getByLabel(words.second.held).check();
      if (looks) {
        await readDrug(page, "morphine", "10"); // another syringe than the one that was read
        await look(page, "second");
        await button(page, words.second.confirm).click();
        await page.getByRole("alert").filter({ hasText: "every dose would be 0.5 times" }).waitFor();
      }
      await readDrug(page, "morphine", "20");
      await button(page, words.second.confirm).click();
      await heading(page, words.second.done).waitFor();
    },
    { allowed: [refusal] },
  );
}
async function findPort(page: Page): Promise<void> {
  await heading(page, words.port.title).waitFor();
  await page.getByLabel(words.port.middle).check();
  await page.getByLabel(words.port.notSide).check();
  await button(page, words.port.next).click();
}
async function drawOut(page: Page, volume: string): Promise<void> {
  await heading(page, words.empty.title).waitFor();
  await type(page, words.empty.volume, volume);
  await button(page, words.empty.next).click();
}
async function prove(page: Page, inside: string, back: string): Promise<void> {
  await heading(page, words.prove.title).waitFor();
  await type(page, words.prove.in, inside);
  await type(page, words.prove.back, back);
  await button(page, words.prove.next).click();
}
async function portion(page: Page, number: number, volume: string): Promise<void> {
  await type(page, filledIn(words.fill.portion, { number }), volume);
  await button(page, words.fill.next).click();
}
async function stateIt(page: Page): Promise<void> {
  await heading(page, words.tell.title).waitFor();
  await button(page, words.tell.read).click();
  await button(page, words.tell.sign).waitFor();
}

test("INV-15 a refill step by step: two people, the port, the volumes, and the pump counts what went in", async () => {
  await onPages(
    demo.link("Mia Sato"),
    async (page) => {
      await begin(page);
      assert.equal(await page.getByLabel(/daily dose/i).count(), 0, "a refill has a dose field");
      await look(page, "label");
      // The wrong syringe, the wrong concentration: told where they are written.
      await readLabel(page, "hydromorphone", "20");
      await page.getByRole("alert").filter({ hasText: "The syringe holds hydromorphone, and the program is for morphine 20 mg/mL." }).waitFor();
      await readLabel(page, "morphine", "10");
      await page.getByRole("alert").filter({ hasText: "every dose would be 0.5 times" }).waitFor();
      await picture(page, "refill_wrong_syringe");
      await readLabel(page);
      await page.getByText(words.confirm.waiting).waitFor();
      await look(page, "confirm");
      await onPages(demo.link("Mia Sato"), async (other) => {
        await signIn(other);
        await other.waitForTimeout(500);
        assert.equal(await other.getByText(words.second.waiting).count(), 0, "the same person is asked as the second");
      });
      await confirmAs("Ben Castell", true);
      await heading(page, words.port.title).waitFor(); // by itself
      await look(page, "port");
      await button(page, words.port.next).click();
      await page.getByText(words.port.missing).waitFor();
      await findPort(page);
      await heading(page, words.empty.title).waitFor();
      assert.doesNotMatch(await page.locator("main").innerText(), /counted|39\.\d/, "what is expected is shown before what came out");
      await look(page, "empty");
      await drawOut(page, "31.5");
      await heading(page, words.look.title).waitFor();
      const judged = await page.locator("main").innerText();
      assert.match(judged, /31\.5 mL came out; the pump counted (40|39\.9\d*) mL/);
      assert.match(await page.locator("main ol strong").first().innerText(), /diversion/, "a young fill is looked at as diversion first");
      await look(page, "look");
      await button(page, words.look.goOn).click();
      await page.getByRole("alert").filter({ hasText: "nothing is written about it" }).waitFor();
      await type(page, words.look.total, "39.9"); // there was another syringe of it
      await button(page, words.look.measured).click();
      await page.getByText("39.9 mL came out").waitFor();
      await heading(page, words.prove.title).waitFor();
      await look(page, "prove");
      await prove(page, "5", "2"); // a pocket
      await page.getByText(/3 mL went in and did not come back/).waitFor();
      await picture(page, "refill_astray");
      await findPort(page);
      await prove(page, "5", "4.9");
      await heading(page, words.fill.title).waitFor();
      await portion(page, 1, "20");
      await page.getByText("20 mL of 40 mL are in.").waitFor();
      await portion(page, 2, "18"); // 3 mL may be in it already
      await page.getByRole("alert").filter({ hasText: "18 mL more do not go in" }).waitFor();
      await look(page, "fill");
      await page.getByLabel(filledIn(words.fill.portion, { number: 2 })).fill("");
      await portion(page, 2, "16");
      await page.getByText("36 mL of 40 mL are in.").waitFor();
      await button(page, words.fill.allIn).click();
      await stateIt(page);
      const table = await page.getByRole("region", { name: words.tell.compare }).innerText();
      assert.match(table, /in the reservoir, as the pump counts\s+(40|39\.9\d*) mL\s+36 mL/);
      assert.match(table, /daily dose\s+6 mg\/day\s+6 mg\/day/);
      await look(page, "tell");
      await button(page, words.tell.sign).dblclick();
      await heading(page, filledIn(words.watch.told, { volume: "36 mL" })).waitFor();
      assert.match(await page.locator("main").innerText(), /Refill it within \d+ days/);
      assert.match(await page.getByRole("timer").innerText(), /2\d min \d\d s left|30 min/);
      await page.getByText(/The pump says: .*no alarm/).waitFor(); // by itself
      await page.getByText(words.watch.noSensor).waitFor();
      await look(page, "watch");
      await button(page, words.watch.end).click();
      await page.getByRole("alert").filter({ hasText: "not over yet" }).waitFor();
      await page.getByLabel(words.watch.note).fill("Went to the ward, which watches on.");
      await button(page, words.watch.end).click();
      await heading(page, words.over.title).waitFor();
      await page.locator("details summary").click();
      await look(page, "over");
      assert.match(await page.locator("main").innerText(), /Mia Sato.*The syringe's label was read/s);
      assert.match(await page.locator("main").innerText(), /Ben Castell.*read by a second person as well/s);
    },
    { allowed: [refusal] },
  );
});

test("INV-7 SLIP-41 a refill that is broken off half way is found by the next visit, and told to the pump once", async () => {
  await onPages(demo.link("Mia Sato"), async (page) => {
    await begin(page);
    await readLabel(page);
    await page.getByText(words.confirm.waiting).waitFor();
    await confirmAs("Ben Castell");
    await findPort(page);
    await drawOut(page, "35.9");
    await prove(page, "5", "5");
    await portion(page, 1, "5");
    await page.getByText("5 mL of 40 mL are in.").waitFor();
    // The patient faints, and the page is closed.
  });
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await signIn(page);
      await toPump(page);
      await page.getByText(words.stands.fill).waitFor();
      await look(page, "open");
      await readPump(page);
      await button(page, words.begin).click();
      await page.getByRole("alert").filter({ hasText: "a refill of this pump is open" }).waitFor();
      await page.getByRole("link", { name: words.goOn }).click();
      await page.getByText("5 mL of 40 mL are in.").waitFor();
      await button(page, words.breakOff.open).click();
      await look(page, "break_off");
      await type(page, words.breakOff.left, "36");
      await button(page, words.breakOff.button).click();
      await page.getByRole("alert").filter({ hasText: "Nothing is written about why" }).waitFor();
      await page.getByLabel(words.breakOff.left, { exact: true }).fill("");
      await page.getByLabel(words.breakOff.why).fill("The patient fainted.");
      await type(page, words.breakOff.left, "0");
      await button(page, words.breakOff.button).click();
      await stateIt(page);
      assert.match(await page.locator("main").innerText(), /5 mL are in the pump now/);
      await look(page, "tell_broken_off");
      // The request arrives and its answer does not.
      let lost = 2;
      const names: string[] = [];
      await page.route("**/refills/*/sends", async (route) => {
        names.push(route.request().headers()["idempotency-key"] ?? "");
        if (lost-- <= 0) return await route.continue();
        await route.fetch().catch(() => null);
        await route.abort("connectionreset");
      });
      await button(page, words.tell.sign).click();
      await page.locator('[data-mood="open"], [data-mood="good"]').first().waitFor();
      await picture(page, "refill_lost");
      // Asked again until it is told; the page may find out by itself meanwhile, and then the button goes.
      const told = heading(page, filledIn(words.watch.told, { volume: "5 mL" }));
      for (let asked = 0; asked < 5 && !(await told.isVisible()); ++asked) {
        await button(page, texts.sent.askServer).click({ timeout: 5_000 }).catch(() => undefined);
        await told.waitFor({ timeout: 5_000 }).catch(() => undefined);
      }
      await told.waitFor();
      assert.equal(new Set(names).size, 1, "one wish had several names");
      await page.getByLabel(words.watch.note).fill("Lies down, is awake, nothing over the pump.");
      await button(page, words.watch.end).click();
      await heading(page, words.over.brokenOff).waitFor();
      await look(page, "over_broken_off");
      await page.locator("main").getByRole("link", { name: /Zoe Quist$/ }).click();
      await page.getByRole("link", { name: texts.patient.open }).click();
      await readPump(page);
      assert.match(await page.locator("dl").innerText(), /5 mL|4\.9\d* mL/);
      assert.equal(await page.getByText(words.goOn).count(), 0, "it is offered still");
    },
    { allowed: [refusal, /ERR_CONNECTION_RESET/] },
  );
});

test("a refill of one patient is not shown as another's, and two tabs do not take one step twice", async () => {
  await onPages(
    demo.link("Mia Sato"),
    async (page) => {
      await begin(page);
      const other = await page.context().newPage();
      await other.goto(page.url());
      await other.evaluate(() => sessionStorage.setItem("theca-key", "demo"));
      await heading(other, words.label.title).waitFor();
      await readLabel(page);
      await page.getByText(words.confirm.waiting).waitFor();
      await readLabel(other);
      await other.getByText(/Something was done at this refill meanwhile/).waitFor();
      await other.getByText(words.confirm.waiting).waitFor();
      await other.close();
      await button(page, words.breakOff.open).click();
      await page.getByLabel(words.breakOff.why).fill("Not today.");
      await button(page, words.breakOff.button).click();
      await heading(page, words.over.brokenOff).waitFor();
      // The same number under another patient's name shows nothing.
      const mine = page.url();
      const theirs = mine.replace(/pumps\/\d+/, "pumps/1");
      await page.goto(theirs);
      await page.waitForTimeout(500);
      assert.equal(await verdict(page).count(), 0);
    },
    { allowed: [refusal] },
  );
});

test("INV-10 INV-11 SLIP-38 another concentration: ordered and signed by two, bridged, and taken with its fill", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (ada) => {
      await signIn(ada);
      await toPump(ada, "Tom Ivers");
      await readPump(ada);
      await button(ada, texts.fluid.begin).click();
      await heading(ada, texts.fluid.title).waitFor();
      await button(ada, texts.fluid.next).click();
      await ada.getByText(texts.fluid.missing).waitFor();
      await readDrug(ada, "baclofen", "500");
      await look(ada, "fluid");
      await button(ada, texts.fluid.next).click();
      await heading(ada, filledIn(texts.fluid.change, { fluid: "baclofen 500 mcg/mL" })).waitFor();
      await button(ada, texts.change.compare).click();
      await ada.getByText(texts.fluid.noDose).waitFor();
      await ada.getByText(texts.fluid.noBolus).waitFor();
      await ada.getByLabel(texts.change.dose.replace("{drug}", "baclofen")).pressSequentially("300", { delay: 80 });
      await ada.getByLabel(texts.change.none).check();
      await ada.locator('[data-preview="made"], [data-preview="refused"]').first().waitFor();
      await look(ada, "fluid_therapy");
      await ada.getByLabel(texts.change.reason).fill("Fewer refills are not what is wanted here.");
      await button(ada, texts.change.compare).click();
      await heading(ada, texts.compare.title).waitFor();
      assert.match(await ada.locator("main").innerText(), /bridge\s+none\s+0\.375 mL of fluid 1 at 0\.1575 mL\/day/);
      assert.match(await ada.locator("main").innerText(), /no needle reaches/);
      await look(ada, "fluid_compare");
      await ada.getByLabel(texts.compare.typed).pressSequentially("300", { delay: 80 });
      await button(ada, texts.fluid.sign).click();
      await button(ada, texts.second.ask).click();
      await ada.getByText(texts.second.asked).waitFor();
      await onPages(demo.link("Ben Castell"), async (ben) => {
        await signIn(ben);
        await ben.getByRole("link", { name: "Tom Ivers, asked by Ada Okafor" }).click();
        await heading(ben, texts.second.title).waitFor();
        await ben.getByLabel(texts.compare.typed).pressSequentially("300", { delay: 80 });
        await button(ben, texts.second.sign).click();
        await heading(ben, texts.fluid.signed).waitFor();
        await picture(ben, "refill_fluid_signed");
      });
      await heading(ada, words.label.title).waitFor(); // by itself
      await ada.getByText(words.ordered).waitFor();
      await readLabel(ada, "baclofen", "2000"); // the syringe of the old fluid
      await ada.getByRole("alert").filter({ hasText: "every dose would be 4 times" }).waitFor();
      await readLabel(ada, "baclofen", "500");
      await ada.getByText(words.confirm.waiting).waitFor();
      await onPages(demo.link("Mia Sato"), async (mia) => {
        await signIn(mia);
        await mia.getByRole("link", { name: "Tom Ivers, asked by Ada Okafor" }).click();
        await heading(mia, words.second.title).waitFor();
        assert.match(await mia.locator("main").innerText(), /500 mcg\/mL/);
        await look(mia, "second_ordered");
        await readDrug(mia, "baclofen", "500");
        await mia.getByLabel(words.second.held).check();
        await button(mia, words.second.confirm).click();
        await heading(mia, words.second.done).waitFor();
      });
      await findPort(ada);
      await drawOut(ada, "29.9");
      await prove(ada, "5", "5");
      await portion(ada, 1, "18");
      await button(ada, words.fill.allIn).click();
      await stateIt(ada);
      const table = await ada.getByRole("region", { name: words.tell.compare }).innerText();
      assert.match(table, /fluid\s+baclofen (2 mg|2000 mcg)\/mL\s+baclofen (0\.5 mg|500 mcg)\/mL/);
      await look(ada, "tell_ordered");
      await button(ada, words.tell.sign).click();
      await heading(ada, texts.sent.confirmed).waitFor();
      assert.match(await verdict(ada).first().innerText(), /all 1428 bytes are the same/);
      await look(ada, "watch_ordered");
      await ada.getByLabel(words.watch.note).fill("Watched on the ward.");
      await button(ada, words.watch.end).click();
      await heading(ada, words.over.title).waitFor();
      await ada.locator("main").getByRole("link", { name: /Tom Ivers$/ }).click();
      await ada.getByRole("link", { name: texts.patient.open }).click();
      await readPump(ada);
      assert.match(await ada.locator("dl").innerText(), /bridge/);
      assert.equal(await ada.getByText(texts.read.record.same).count(), 1);
    },
    { allowed: [refusal] },
  );
});

test("INV-9 INV-15 the pump's own journal has what was drawn and what went in, once each", async () => {
  assert.equal(await demo.stop(), 0, demo.said);
  const entries = await demo.journal();
  const drawn = entries.filter(({ event }) => event === "aspirated").map(({ aspirated_nl }) => aspirated_nl);
  assert.deepEqual(drawn, [39_900_000, 35_900_000]);
  const filled = entries.filter(({ event }) => event === "refilled").map(({ volume_nl }) => volume_nl);
  assert.deepEqual(filled, [40_000_000, 36_000_000, 5_000_000]); // the first was at the implantation
  const begun = entries.filter(({ event }) => event === "prescription started");
  assert.equal(begun.length, 1, "a refill has begun another prescription");
  // The other pump: filled with what was ordered, and the old fluid bridged before the new one began.
  const toms = await demo.journal("Tom Ivers");
  const order = toms.map(({ event }) => String(event)).filter((event) => /^(refilled|prescription started|bridge started)$/.test(event));
  assert.deepEqual(order.slice(-3).sort(), ["bridge started", "prescription started", "refilled"], order.join(", "));
  assert.deepEqual(toms.filter(({ event }) => event === "refilled").map(({ volume_nl }) => volume_nl).at(-1), 18_000_000);
});
