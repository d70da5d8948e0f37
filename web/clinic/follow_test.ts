// One pump's days in a browser: the journal that the pump itself tells, the diary out of the patient's own programmer,
// and what is told of both; then the page as it is after a quarter of a year.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import handheldTexts from "../handheld/texts.json";
import { accessibilityFaults, openBrowser, openPage } from "../testing/browser";
import { button, heading, type OnPages, pagesOf, patientLink, picture, refusal, signIn } from "../testing/clinic_pages";
import { Demo } from "../testing/demo";
import type { Course } from "./follow_periods";
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

async function toFollow(page: Page, patient = "Zoe Quist"): Promise<void> {
  await signIn(page);
  await patientLink(page, patient).click();
  await page.getByRole("link", { name: new RegExp(`^${texts.follow.link}`) }).click();
  await heading(page, texts.follow.title).waitFor();
}
/** What the page was told last. */
async function told(page: Page): Promise<Course> {
  const address = await page.evaluate(() => location.hash.replace(/^#\/patients\/\d+\/(pumps\/\d+)\/follow$/, "/api/$1/course"));
  return (await page.evaluate(async (at) => (await fetch(at)).json(), address)) as Course;
}

/** The patient writes two lines, and takes the file of the diary. */
async function diaryFile(): Promise<Buffer> {
  const watched = await openPage(browser, demo.handheld, { viewport: { width: 390, height: 844 }, acceptDownloads: true });
  try {
    const { page } = watched;
    page.setDefaultTimeout(30_000);
    const of = handheldTexts.diary;
    await page.getByRole("button", { name: handheldTexts.tabs.diary, exact: true }).click();
    for (const [pain, note] of [["7", "Before the walk"], ["3", "After the evening"]] as const) {
      await page.getByRole("group", { name: of.scale }).getByRole("button", { name: pain, exact: true }).click();
      await page.getByLabel(of.note).fill(note);
      await page.getByRole("button", { name: of.save, exact: true }).click();
      await page.getByText(note).waitFor();
    }
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: of.clinic.save }).click()]);
    assert.match(file.suggestedFilename(), /^theca-diary-\d{4}-\d\d-\d\d\.json$/);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await picture(page, "handheld-diary-file");
    const parts: Buffer[] = [];
    for await (const part of await file.createReadStream()) parts.push(part as Buffer);
    return Buffer.concat(parts);
  } finally {
    await watched.close();
  }
}

test("INV-9 INV-16 the pump's own journal and the patient's diary come to the page, once", async () => {
  const file = await diaryFile();
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await toFollow(page);
      await page.getByText(texts.follow.journal.never).waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      await picture(page, "follow-never");
      await button(page, texts.follow.journal.button).click();
      await page.getByText(texts.follow.journal.whole).waitFor();
      const course = await told(page);
      assert.equal(course.prescriptions.length, 1);
      assert.match(course.prescriptions[0]?.words ?? "", /6 mg\/day/);
      const choose = (buffer: Buffer) => page.getByLabel(texts.follow.bring.file).setInputFiles({ name: "diary.json", mimeType: "application/json", buffer });
      // What is no diary is told, and sends nothing.
      for (const [wrong, why] of [["{", "not readable"], ["{}", "no diary"], [String(file).replace('"version":1', '"version":2'), "another version"]] as const) {
        await choose(Buffer.from(wrong));
        await page.getByText(texts.follow.bring.faults[why]).waitFor();
      }
      await choose(Buffer.from(String(file).replace(/"implant":"[0-9a-f]+"/, '"implant":"00112233445566aa"')));
      await button(page, texts.follow.bring.button).click();
      await page.getByText(/written beside another pump/).waitFor();
      await choose(file);
      await button(page, texts.follow.bring.button).click();
      await page.getByText(texts.follow.bring.done.replace("{kept}", "2")).waitFor();
      await choose(file);
      await button(page, texts.follow.bring.button).click();
      await page.getByText(texts.follow.bring.done.replace("{kept}", "0")).waitFor();
      const diary = (await told(page)).diary;
      assert.deepEqual(diary.map((one) => [one.pain, one.note]).sort(), [[3, "After the evening"], [7, "Before the walk"]]);
      await picture(page, "follow-first");
      assert.deepEqual(await accessibilityFaults(page), []);
    },
    { allowed: [refusal] },
  );
});

test("of a pump that nobody has here nothing is told", async () => {
  await onPages(
    demo.link("Ada Okafor"),
    async (page) => {
      await toFollow(page);
      const at = await page.evaluate(() => location.hash);
      assert.match(at, /\/follow$/);
      await page.evaluate(() => (location.hash = "#/patients/1/pumps/1/follow"));
      await page.getByRole("alert").first().waitFor();
    },
    { allowed: [refusal] },
  );
});

/** As the server would tell it after a quarter of a year: a rise in the middle, boluses, refills that drift, a diary. */
function quarter(of: Course): Course {
  const dayMs = 86_400_000;
  const days = 96;
  const last = Math.floor(of.now_ms / dayMs) * dayMs;
  const from = (i: number) => last - (days - 1 - i) * dayMs;
  let state = 7;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const shares = (median: number) => ({ p5: Math.round(median * 0.55), median: Math.round(median), p95: Math.min(1000, Math.round(median * 1.45)) });
  return {
    ...of,
    read_ms: of.now_ms,
    whole: true,
    drug: "morphine",
    unit: "mg",
    ng_per_unit: 1_000_000,
    days: Array.from({ length: days }, (_, i) => {
      if (i === 30 || i === 31) return { from_ms: from(i), covered_min: 0, granted: 0, refused: 0 };
      const basal = i < 48 ? 4_000_000 : 4_800_000;
      const granted = Math.floor(next() * (i < 48 ? 5 : 3));
      return {
        from_ms: from(i),
        covered_min: i === days - 1 ? 520 : 1440,
        given_ng: Math.round((basal + granted * 200_000) * (i === days - 1 ? 0.36 : 1)),
        bolus_ng: Math.round(granted * 200_000 * (i === days - 1 ? 0.36 : 1)),
        prescribed_ng: basal,
        granted,
        refused: next() < 0.2 ? 1 + Math.floor(next() * 3) : 0,
        relief: shares(i < 2 ? 120 * i : (i < 48 ? 420 : 510) + 20 * next()),
        lowest: { p5: 700, median: 850, p95: 950 },
      };
    }),
    prescriptions: [
      { at_ms: from(0) + 3_600_000, number: 1, words: "fluid: morphine 20 mg/mL; daily dose, morphine: 4 mg/day; mode: simple continuous; patient's bolus: 0.2 mg" },
      { at_ms: from(48) + 36_000_000, number: 2, words: "fluid: morphine 20 mg/mL; daily dose, morphine: 4.8 mg/day; mode: simple continuous; patient's bolus: 0.2 mg" },
    ],
    alarms: [
      { name: "low reservoir", raised_ms: from(58), cleared_ms: from(61) },
      { name: "power lost", raised_ms: from(30), cleared_ms: from(32) },
    ],
    marks: [
      { at_ms: from(32), what: "power returned" },
      { at_ms: from(61), what: "refilled" },
    ],
    refills: [
      { at_ms: from(0), filled_nl: 18_000_000 },
      { at_ms: from(30), filled_nl: 18_000_000, aspirated_nl: 11_200_000, expected_nl: 12_000_000, ratio_ppm: 1_133_333, high_milli: 900, low_milli: 0, flagged: false },
      { at_ms: from(61), filled_nl: 18_000_000, aspirated_nl: 9_300_000, expected_nl: 10_900_000, ratio_ppm: 1_225_352, high_milli: 3200, low_milli: 0, flagged: false },
      { at_ms: from(90), filled_nl: 18_000_000, aspirated_nl: 9_000_000, expected_nl: 10_800_000, ratio_ppm: 1_250_000, high_milli: 6100, low_milli: 0, flagged: true },
    ],
    diary: Array.from({ length: 120 }, () => {
      const i = Math.floor(next() * days);
      return { at_ms: from(i) + Math.floor(next() * dayMs), pain: Math.max(0, Math.min(10, Math.round((i < 48 ? 6 : 4) + 4 * (next() - 0.5)))), effects: next() < 0.15 ? ["nausea"] : [], note: "" };
    }),
    diary_ms: of.now_ms,
    twin: { is: "played", patients: 500, relieves: "pain" },
  };
}

test("a quarter of a year stands on one axis, beside the period before, in light and dark, on a tablet and at 320 px", async () => {
  await onPages(demo.link("Ada Okafor"), async (page) => {
    await page.route("**/course", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: quarter((await answer.json()) as Course) });
    });
    await toFollow(page);
    await heading(page, texts.follow.sums.title).waitFor();
    for (const length of ["28 days", "90 days", "All"] as const) {
      await page.getByLabel(length, { exact: true }).check();
      await picture(page, `follow-${length.replace(" ", "-")}`);
    }
    await page.getByLabel("28 days", { exact: true }).check();
    await page.getByLabel(texts.follow.period.choices.before, { exact: true }).check();
    await picture(page, "follow-beside");
    // What is written beside each other is what the days have.
    const numbers = await page.locator("table").first().innerText();
    assert.match(numbers, /4\.\d+ mg/);
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await accessibilityFaults(page), []);
      if (colorScheme === "dark") await picture(page, "follow-dark");
    }
    await page.setViewportSize({ width: 320, height: 640 });
    await picture(page, "follow-320");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert(wide <= 0, `${wide} px wider than the screen`);
    assert.deepEqual(await accessibilityFaults(page), []);
  });
});
