// A new dose, another bolus for the patient. Nothing is filled in: what is written here is what is meant.
import { useEffect, useMemo, useState } from "react";

import { type FieldDescription, type NumberField, numberField } from "../shared/number_entry";
import type { Answered, Asked } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { type DoseEntry, DoseField, entryFor } from "./dose_field";
import { type Flex, flexBody, FlexEditor, flexOf } from "./flex_editor";
import { Action, Busy, Heading, Reasons } from "./parts";
import type { ImplantWords } from "./implant_step";
import { PreviewOf, usePreview } from "./preview";
import { TrialOf, useTrial } from "./trial";
import { filledIn, texts } from "./texts";

export type Therapy = NonNullable<Answered["readPump"]["therapy"]>;
type Body = Asked["draftChange"]["body"];
type Draft = Answered["draftChange"];

/** "unsaid": another fluid comes, and nothing is kept by itself. */
type BolusChoice = "unsaid" | "keep" | "other" | "none";
/** What a person has written, to come back to it. */
export interface Change {
  readonly dose: string;
  /** Null: one rate all day. */
  readonly flex: Flex | null;
  readonly choice: BolusChoice;
  readonly bolus: Readonly<Record<BolusPart, string>>;
  readonly reason: string;
}
/** Another fluid for the pump, and what may be written of it. */
export interface Fluid {
  readonly wanted: NonNullable<Body["fluid"]>;
  readonly therapy: Therapy;
}
type BolusPart = "dose" | "over" | "lockout" | "allotted" | "window";

export function fieldOf(limits: Therapy["dose"]): NumberField {
  const description: FieldDescription = {
    unit: limits.unit,
    step: [limits.step.numerator, limits.step.denominator],
    least: limits.least,
    most: limits.most,
  };
  return numberField(description);
}

// The rules of the pump itself (docs/prescription.md): lockout and window to a week, 1 to 32 boluses.
const minutes = numberField({ unit: "min", step: [1, 1], least: "1", most: "10080", zeros: "allowed" });
const hours = numberField({ unit: "h", step: [1, 1], least: "1", most: "168", zeros: "allowed" });
const mostAllotted = 32;

const digits = 4;
const short = (value: number) => String(Number(value.toPrecision(digits)));
/** "20 mg/mL" */
export const concentrationText = (therapy: Therapy) =>
  `${therapy.concentration} ${therapy.dose.unit.replace("/day", "/mL")}`;
export function spanText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

const sameFlex = (a: Flex, b: Flex) => {
  const plain = (flex: Flex) => flex.map(({ weekdays, steps }) => [weekdays, steps.map(({ from, dose }) => [from, dose.value])]);
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
};

/** A dose in the units that people speak of it. */
function Units({ therapy, dose, another }: {
  readonly therapy: Therapy;
  readonly dose: string | null;
  readonly another: boolean;
}) {
  const mass = therapy.dose.unit.replace("/day", "");
  const concentration = Number(therapy.concentration);
  const now = Number(therapy.daily_dose);
  const then = dose === null ? null : Number(dose);
  const change = then === null || another ? "" : `${then >= now ? "+" : "−"}${short((Math.abs(then - now) / now) * 100)} %`;
  const rows: readonly (readonly [string, (daily: number) => string])[] = [
    [`${mass}/day`, (daily) => short(daily)],
    [`${mass}/h`, (daily) => short(daily / 24)],
    ["mL/day", (daily) => short(daily / concentration)],
    ["mL/h", (daily) => short(daily / concentration / 24)],
  ];
  return (
    <>
      <table className={styles["units"]}>
        <caption>{texts.change.units}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{texts.change.now}</th>
            <th scope="col">{texts.change.then}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([unit, of]) => (
            <tr key={unit}>
              <th scope="row">{unit}</th>
              <td>{another ? "–" : of(now)}</td>
              <td>{then === null ? "–" : of(then)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">{texts.change.change}</th>
            <td />
            <td>{now > 0 && change !== "" ? change : "–"}</td>
          </tr>
        </tbody>
      </table>
      <details className={styles["fold"]}>
        <summary>{texts.change.how}</summary>
        <p>
          {filledIn(texts.change.howFlow, { concentration: concentrationText(therapy) })} {texts.change.howRounding}
        </p>
      </details>
    </>
  );
}

const nothingRuns = (): never => {
  throw new Error("a change of nothing, without a fluid");
};

export function ChangeStep({ reading, runs, fluid, implant, before, onDraft }: {
  readonly reading: number;
  /** Null: nothing ran before. */
  readonly runs: Therapy | null;
  /** Null: the one that is in the pump. */
  readonly fluid: Fluid | null;
  /** Of a first therapy: pump and catheter. */
  readonly implant: ImplantWords | null;
  readonly before: Change | null;
  readonly onDraft: (draft: Draft, change: Change) => void;
}) {
  const therapy = fluid?.therapy ?? runs ?? nothingRuns();
  const doseField = useMemo(() => fieldOf(therapy.dose), [therapy]);
  const partField = useMemo(() => fieldOf(therapy.part_dose), [therapy]);
  const bolusField = useMemo(() => fieldOf(therapy.bolus), [therapy]);
  const [dose, setDose] = useState<DoseEntry>(() => entryFor(before?.dose ?? "", doseField));
  const running = useMemo(() => flexOf(therapy, partField), [therapy, partField]);
  const [byClock, setByClock] = useState(before ? before.flex !== null : therapy.mode === "flex");
  const [flex, setFlex] = useState<Flex>(before?.flex ?? running);
  /** A schedule that runs is asked for anew only when something of it is another. */
  const touched = fluid !== null || therapy.mode !== "flex" || !sameFlex(flex, running);
  const [choice, setChoice] = useState<BolusChoice>(before?.choice ?? (fluid ? "unsaid" : "keep"));
  const [bolus, setBolus] = useState<Readonly<Record<Exclude<BolusPart, "allotted">, DoseEntry>>>({
    dose: entryFor(before?.bolus.dose ?? "", bolusField),
    over: entryFor(before?.bolus.over ?? "", minutes),
    lockout: entryFor(before?.bolus.lockout ?? "", minutes),
    window: entryFor(before?.bolus.window ?? "", hours),
  });
  const [allotted, setAllotted] = useState(before?.bolus.allotted ?? "");
  const [reason, setReason] = useState(before?.reason ?? "");
  const [busy, setBusy] = useState(false);
  const [insist, setInsist] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);

  const part = (name: Exclude<BolusPart, "allotted">) => (entry: DoseEntry) =>
    setBolus((now) => ({ ...now, [name]: entry }));

  /** What is asked for, and what of it is not written yet as it can be given. */
  const wish = (): { readonly wanted: Body; readonly missing: readonly Reason[] } => {
    const wanted: { -readonly [K in keyof Body]: Body[K] } = {};
    const missing: Reason[] = [];
    if (fluid) {
      wanted.fluid = fluid.wanted;
      if (implant) wanted.implant = implant;
      if (!byClock && dose.text === "") missing.push({ field: "dose", happened: texts.fluid.noDose, do: "" });
      if (choice === "unsaid") missing.push({ field: "patient_bolus", happened: texts.fluid.noBolus, do: "" });
    }
    if (byClock && touched) {
      const asked = flexBody(flex, therapy.dose.unit);
      if (flex.some(({ weekdays }) => weekdays.length === 0)) missing.push({ field: "flex", happened: texts.flex.empty, do: "" });
      else if (!asked) missing.push({ field: "flex", happened: texts.flex.missing, do: "See the field." });
      else wanted.flex = asked;
    }
    if (!byClock && dose.text !== "") {
      if (dose.value === null) missing.push({ field: "dose", happened: "The dose is not written yet as it can be given.", do: "See the field." });
      else wanted.dose = `${dose.value} ${therapy.dose.unit}`;
    }
    if (choice === "none") wanted.no_patient_bolus = true;
    if (choice === "other") {
      const { dose: one, over, lockout, window } = bolus;
      if (one.value === null || over.value === null || lockout.value === null || window.value === null || allotted === "")
        missing.push({ field: "patient_bolus", happened: "The patient's bolus is not whole.", do: "Write all five of its parts." });
      else
        wanted.patient_bolus = {
          dose: `${one.value} ${therapy.bolus.unit}`,
          over: `${over.value} min`,
          lockout: `${lockout.value} min`,
          allotted: Number(allotted),
          window: `${window.value} h`,
        };
    }
    if (missing.length === 0 && Object.keys(wanted).length === 0)
      missing.push({ field: "", happened: texts.change.nothing, do: "" });
    if (missing.length === 0 && reason.trim() !== "") wanted.reason = reason.trim();
    return { wanted, missing };
  };
  const { wanted: wantedNow, missing: missingNow } = wish();
  const preview = usePreview(reading, missingNow.length === 0 ? wantedNow : null);
  const [naive, setNaive] = useState<boolean | null>(null);
  const trial = useTrial(reading, missingNow.length === 0 ? wantedNow : null, naive);
  const written = JSON.stringify([wantedNow, missingNow]);
  useEffect(() => setReasons([]), [written]); // what was wrong with what stood there before is said no more

  const compare = async () => {
    setInsist(true);
    const { wanted, missing } = wish();
    if (missing.length > 0) return setReasons(missing);
    setBusy(true);
    setReasons([]);
    const told = await ask("draftChange", { path: { reading }, body: wanted, once: newWish() });
    setBusy(false);
    if (!told.ok) return setReasons(told.reasons);
    onDraft(told.it, {
      dose: dose.text,
      flex: byClock ? flex : null,
      choice,
      bolus: { dose: bolus.dose.text, over: bolus.over.text, lockout: bolus.lockout.text, window: bolus.window.text, allotted },
      reason,
    });
  };

  const now = runs?.patient_bolus;
  const choices: readonly (readonly [BolusChoice, string])[] = [
    ...(fluid ? [] : [["keep", texts.change.keep] as const]),
    ["other", texts.change.other],
    ...(now || fluid ? [["none", texts.change.none] as const] : []),
  ];
  const daily = runs ? `${short(Number(runs.daily_dose))} ${runs.dose.unit}` : "";
  return (
    <section className={styles["card"]}>
      <Heading>{fluid ? filledIn(texts.fluid.change, { fluid: `${therapy.drug} ${concentrationText(therapy)}` }) : texts.change.title}</Heading>
      {fluid && <p>{implant ? texts.implant.therapy : texts.fluid.bridge}</p>}
      <div className={styles["choices"]} role="radiogroup" aria-label={texts.change.mode}>
        {(["constant", "byClock"] as const).map((mode) => (
          <label key={mode}>
            <input type="radio" name="mode" checked={byClock === (mode === "byClock")} onChange={() => setByClock(mode === "byClock")} />{" "}
            {texts.flex[mode]}
          </label>
        ))}
      </div>
      {byClock && (
        <>
          <p className={styles["quietly"]}>{texts.flex.about}</p>
          <FlexEditor flex={flex} field={partField} unit={therapy.dose.unit} insist={insist} onFlex={setFlex} />
        </>
      )}
      {!byClock && (
        <div className={styles["beside"]}>
          <div>
            <DoseField
              label={filledIn(texts.change.dose, { drug: therapy.drug })}
              field={doseField}
              typedBefore={dose.text}
              insist={insist && (fluid !== null || dose.text !== "")}
              onChange={setDose}
            />
            <p className={styles["quietly"]}>
              {!runs
                ? texts.implant.noDoseNow
                : fluid
                ? filledIn(texts.fluid.doseNow, { dose: daily, fluid: `${runs.drug} ${concentrationText(runs)}` })
                : `${filledIn(texts.change.doseNow, { dose: daily })} ${therapy.mode === "flex" ? texts.change.flex : texts.change.leave}`}
            </p>
          </div>
          <div>
            <Units therapy={therapy} dose={dose.value} another={fluid !== null} />
          </div>
        </div>
      )}
      <fieldset className={styles["group"]}>
        <legend>{texts.change.bolus}</legend>
        <p className={styles["quietly"]}>
          {now && runs
            ? filledIn(texts.change.bolusNow, {
                dose: `${short(Number(now.dose))} ${runs.bolus.unit}`,
                over: spanText(now.over_s),
                allotted: now.allotted,
                window: spanText(now.window_s),
                lockout: spanText(now.lockout_s),
              })
            : texts.change.noBolusNow}
        </p>
        <div className={styles["choices"]}>
          {choices.map(([name, label]) => (
            <label key={name}>
              <input type="radio" name="bolus" checked={choice === name} onChange={() => setChoice(name)} /> {label}
            </label>
          ))}
        </div>
        {choice === "other" && (
          <div className={styles["fields"]}>
            <DoseField label={texts.change.bolusDose} field={bolusField} typedBefore={bolus.dose.text} insist={insist} onChange={part("dose")} />
            <DoseField label={texts.change.over} field={minutes} typedBefore={bolus.over.text} insist={insist} onChange={part("over")} />
            <DoseField label={texts.change.lockout} field={minutes} typedBefore={bolus.lockout.text} insist={insist} onChange={part("lockout")} />
            <label className={styles["select"]}>
              {texts.change.allotted}
              <select value={allotted} onChange={(event) => setAllotted(event.currentTarget.value)}>
                <option value="">–</option>
                {Array.from({ length: mostAllotted }, (_, i) => (
                  <option key={i} value={i + 1}>
                    {i + 1}
                  </option>
                ))}
              </select>
            </label>
            <DoseField label={texts.change.window} field={hours} typedBefore={bolus.window.text} insist={insist} onChange={part("window")} />
          </div>
        )}
      </fieldset>
      <PreviewOf preview={preview} drug={therapy.drug} />
      <TrialOf trial={trial} naive={naive} onNaive={setNaive} />
      <label className={styles["reason"]}>
        {texts.change.reason}
        <textarea rows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <span className={styles["quietly"]}>{texts.change.reasonWhy}</span>
      </label>
      <Reasons reasons={reasons} />
      {busy ? (
        <Busy>{texts.change.comparing}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action onClick={() => void compare()}>{texts.change.compare}</Action>
        </div>
      )}
    </section>
  );
}
