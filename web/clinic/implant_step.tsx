// A pump that was implanted: the catheter as it lies, the fluid that was filled in. Nothing is filled in here.
import { useState } from "react";

import { numberField } from "../shared/number_entry";
import type { Asked } from "./api";
import type { Fluid } from "./change_step";
import { ask, type Reason } from "./client";
import styles from "./clinic.module.css";
import { type DoseEntry, DoseField, entryFor } from "./dose_field";
import { Action, Busy, Heading, Reasons } from "./parts";
import { DrugRows, drugsRead, unread } from "./refill_steps";
import { filledIn, texts } from "./texts";
import { useAnswer } from "./use_answer";

export type ImplantWords = NonNullable<Asked["draftChange"]["body"]["implant"]>;

const length = (least: string) => numberField({ unit: "cm", step: [1, 10], least, most: "150", zeros: "allowed" });
const catheterField = length("1");
const cutOffField = length("0");
const filledField = numberField({ unit: "mL", step: [1, 10], least: "0.1", most: "100", zeros: "allowed" });

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Minutes that this machine's clock is ahead of UTC. */
const offsetAt = (ms: number) => -new Date(ms).getTimezoneOffset();

/** The offset now, and the next change of it within a year. */
export function zoneAt(now: number): ImplantWords["zone"] {
  const offset_minutes = offsetAt(now);
  let before = now;
  for (let day = 1; day <= 366 && offsetAt(before + dayMs) === offset_minutes; ++day) before += dayMs;
  let after = before + dayMs;
  if (offsetAt(after) === offset_minutes) return { offset_minutes, offset_after_minutes: offset_minutes, change_utc_s: 0 };
  while (after - before > minuteMs) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === offset_minutes) before = middle;
    else after = middle;
  }
  const change = Math.round(after / minuteMs) * minuteMs;
  return { offset_minutes, offset_after_minutes: offsetAt(after), change_utc_s: change / 1000 };
}

const empty = (field: Parameters<typeof entryFor>[1]): DoseEntry => entryFor("", field);

export function ImplantStep({ reading, onNext }: {
  readonly reading: number;
  readonly onNext: (words: ImplantWords, fluid: Fluid) => void;
}) {
  const told = useAnswer("listDrugs", undefined);
  if (told === null) return <Busy>{texts.loading}</Busy>;
  if (!told.ok) return <Reasons reasons={told.reasons} />;
  return <Writing reading={reading} of={{ drugs: 1, choices: told.it.drugs }} onNext={onNext} />;
}

function Writing({ reading, of, onNext }: {
  readonly reading: number;
  readonly of: Parameters<typeof unread>[0];
  readonly onNext: (words: ImplantWords, fluid: Fluid) => void;
}) {
  const [catheter, setCatheter] = useState(() => empty(catheterField));
  const [cutOff, setCutOff] = useState(() => empty(cutOffField));
  const [filled, setFilled] = useState(() => empty(filledField));
  const [drugs, setDrugs] = useState(() => unread(of));
  const [prime, setPrime] = useState<boolean | null>(null);
  const [dry, setDry] = useState(false);
  const [insist, setInsist] = useState(false);
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const [wanted] = drugsRead(of, drugs) ?? [];
  const whole =
    catheter.value !== null && cutOff.value !== null && filled.value !== null && wanted !== undefined && prime !== null && dry;
  const lies = catheter.value !== null && cutOff.value !== null ? Number(catheter.value) - Number(cutOff.value) : null;

  const next = async () => {
    setInsist(true);
    if (!whole) return;
    setBusy(true);
    setReasons([]);
    const fields = await ask("fieldsOfFluid", { path: { reading }, body: wanted });
    setBusy(false);
    if (!fields.ok) return setReasons(fields.reasons);
    onNext(
      {
        catheter: `${catheter.value} cm`,
        cut_off: `${cutOff.value} cm`,
        filled: `${filled.value} mL`,
        prime,
        zone: zoneAt(Date.now()),
      },
      { wanted, therapy: fields.it },
    );
  };

  return (
    <section className={styles["card"]}>
      <Heading>{texts.implant.title}</Heading>
      <fieldset className={styles["group"]}>
        <legend>{texts.implant.catheter.title}</legend>
        <p className={styles["quietly"]}>{texts.implant.catheter.how}</p>
        <div className={styles["fields"]}>
          <DoseField label={texts.implant.catheter.length} field={catheterField} insist={insist} onChange={setCatheter} />
          <DoseField label={texts.implant.catheter.cutOff} field={cutOffField} insist={insist} onChange={setCutOff} />
        </div>
        {lies !== null && (
          <p className={lies > 0 ? styles["headline"] : styles["missing"]} role={lies > 0 ? "status" : "alert"}>
            {lies > 0 ? filledIn(texts.implant.catheter.lies, { length: String(Number(lies.toFixed(1))) }) : texts.implant.catheter.none}
          </p>
        )}
      </fieldset>
      <fieldset className={styles["group"]}>
        <legend>{texts.implant.fluid.title}</legend>
        <p className={styles["quietly"]}>{texts.implant.fluid.how}</p>
        <DrugRows of={of} drugs={drugs} insist={insist} onDrugs={setDrugs} />
        <div className={styles["fields"]}>
          <DoseField label={texts.implant.fluid.filled} field={filledField} insist={insist} onChange={setFilled} />
        </div>
      </fieldset>
      <fieldset className={styles["group"]}>
        <legend>{texts.implant.prime.title}</legend>
        <p>{texts.implant.prime.how}</p>
        <div className={styles["choices"]}>
          <label>
            <input type="radio" name="prime" checked={prime === true} onChange={() => setPrime(true)} /> {texts.implant.prime.yes}
          </label>
          <label>
            <input type="radio" name="prime" checked={prime === false} onChange={() => setPrime(false)} /> {texts.implant.prime.no}
          </label>
        </div>
        <div className={styles["ticks"]}>
          <label>
            <input type="checkbox" checked={dry} onChange={(event) => setDry(event.currentTarget.checked)} /> {texts.implant.prime.dry}
          </label>
        </div>
        <p className={styles["quietly"]}>{texts.implant.prime.notDry}</p>
      </fieldset>
      {insist && !whole && (
        <p className={styles["missing"]} role="alert">
          {texts.implant.missing}
        </p>
      )}
      <Reasons reasons={reasons} />
      {busy ? (
        <Busy>{texts.loading}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action onClick={() => void next()}>{texts.implant.next}</Action>
        </div>
      )}
    </section>
  );
}
