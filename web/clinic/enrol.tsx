// A new patient, and a pump that was paired: into the records.
import { useRef, useState } from "react";

import { ask, newWish, type Reason, type Told } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Reasons } from "./parts";
import { hashOf } from "./route";
import { texts } from "./texts";

const longDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
/** Year, month and day, all of them. */
function dayOf(typed: string): Date | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(typed.trim());
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1880 ? date : null;
}

function Text({ label, value, most, said, onText }: {
  readonly label: string;
  readonly value: string;
  readonly most: number;
  readonly said?: string;
  readonly onText: (text: string) => void;
}) {
  return (
    <label className={styles["select"]}>
      {label}
      <input value={value} maxLength={most} autoComplete="off" spellCheck={false} onChange={(event) => onText(event.currentTarget.value)} />
      {said !== undefined && <span className={styles["said"]}>{said}</span>}
    </label>
  );
}

/** Whatever is asked again with the same words is the same wish. */
function useWish() {
  const wish = useRef<{ readonly of: string; readonly once: string } | null>(null);
  return (of: string) => {
    if (wish.current?.of !== of) wish.current = { of, once: newWish() };
    return wish.current.once;
  };
}

function Form({ title, whole, missing, keep, children }: {
  readonly title: string;
  readonly whole: boolean;
  readonly missing: string;
  readonly keep: () => Promise<Told<unknown>>;
  readonly children: React.ReactNode;
}) {
  const [insist, setInsist] = useState(false);
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const next = async () => {
    setInsist(true);
    if (!whole) return;
    setBusy(true);
    setReasons([]);
    const told = await keep();
    setBusy(false);
    if (!told.ok) setReasons(told.reasons);
  };
  return (
    <details className={styles["fold"]}>
      <summary>{title}</summary>
      <div className={styles["fields"]}>{children}</div>
      {insist && !whole && (
        <p className={styles["missing"]} role="alert">
          {missing}
        </p>
      )}
      <Reasons reasons={reasons} />
      {busy ? (
        <Busy>{texts.enrol.keeping}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action onClick={() => void next()}>{texts.enrol.keep}</Action>
        </div>
      )}
    </details>
  );
}

const sexes = ["female", "male", "other", "unknown"] as const;

export function NewPatient() {
  const [name, setName] = useState("");
  const [born, setBorn] = useState("");
  const [number, setNumber] = useState("");
  const [sex, setSex] = useState<(typeof sexes)[number] | "">("");
  const wish = useWish();
  const words = texts.enrol.patient;
  const day = dayOf(born);
  const keep = async () => {
    const body = { name: name.trim(), birth_date: born.trim(), record_number: number.trim(), sex: sex === "" ? "unknown" : sex } as const;
    const told = await ask("enrolPatient", { body, once: wish(JSON.stringify(body)) });
    if (told.ok) location.hash = hashOf({ at: "patient", patient: told.it.patient });
    return told;
  };
  return (
    <Form title={words.title} whole={name.trim() !== "" && day !== null && number.trim() !== "" && sex !== ""} missing={words.missing} keep={keep}>
      <Text label={words.name} value={name} most={200} onText={setName} />
      <Text label={words.born} value={born} most={10} said={day ? longDay.format(day) : texts.enrol.form} onText={setBorn} />
      <Text label={words.number} value={number} most={64} onText={setNumber} />
      <label className={styles["select"]}>
        {words.sex}
        <select value={sex} onChange={(event) => setSex(event.currentTarget.value as (typeof sexes)[number])}>
          <option value="">–</option>
          {sexes.map((one) => (
            <option key={one} value={one}>
              {words.sexes[one]}
            </option>
          ))}
        </select>
      </label>
    </Form>
  );
}

export function NewPump({ patient }: { readonly patient: number }) {
  const [implant, setImplant] = useState("");
  const [serial, setSerial] = useState("");
  const [on, setOn] = useState("");
  const wish = useWish();
  const words = texts.enrol.pump;
  const day = dayOf(on);
  const keep = async () => {
    const body = { implant: implant.trim().toLowerCase(), serial: serial.trim(), implanted_on: on.trim() };
    const told = await ask("addPump", { path: { patient }, body, once: wish(JSON.stringify(body)) });
    if (told.ok) location.hash = hashOf({ at: "pump", patient, pump: told.it.pump });
    return told;
  };
  return (
    <Form title={words.title} whole={implant.trim() !== "" && serial.trim() !== "" && day !== null} missing={words.missing} keep={keep}>
      <Text label={words.implant} value={implant} most={16} said={words.implantHow} onText={setImplant} />
      <Text label={words.serial} value={serial} most={64} onText={setSerial} />
      <Text label={words.on} value={on} most={10} said={day ? longDay.format(day) : texts.enrol.form} onText={setOn} />
    </Form>
  );
}
