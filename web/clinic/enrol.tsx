// A new patient, and a pump, out of its pack or paired before: into the records.
import { useRef, useState } from "react";

import type { Answered } from "./api";
import { ask, newWish, type Reason, type Told } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Reasons } from "./parts";
import { say } from "./passkey";
import { hashOf } from "./route";
import { filledIn, texts } from "./texts";

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

function Form({ title, act = texts.enrol.keep, doing = texts.enrol.keeping, whole, missing, keep, children }: {
  readonly title: string;
  readonly act?: string;
  readonly doing?: string;
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
        <Busy>{doing}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action onClick={() => void next()}>{act}</Action>
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

interface Card {
  readonly implant: string;
  readonly public_key: string;
  readonly secret: string;
}
function cardOf(text: string): Card | null {
  try {
    const read = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const [implant, key, secret] = [read["implant"], read["public_key"], read["secret"]];
    if (typeof implant !== "string" || typeof key !== "string" || typeof secret !== "string") return null;
    return { implant, public_key: key, secret };
  } catch {
    return null;
  }
}

type Met = Answered["beginPairing"];
type Paired = Answered["pairPump"];

/** Out of its pack: met by its card, then made the clinic's with a physician's key. */
export function PairPump({ patient }: { readonly patient: number }) {
  const [card, setCard] = useState<Card | "none" | null>(null);
  const [serial, setSerial] = useState("");
  const [on, setOn] = useState("");
  const [met, setMet] = useState<Met | null>(null);
  const [paired, setPaired] = useState<Paired | null>(null);
  const wish = useWish();
  const words = texts.enrol.pack;
  const day = dayOf(on);
  const meet = async () => {
    if (card === null || card === "none") return { ok: false, status: 400, reasons: [] } as const;
    const told = await ask("beginPairing", { path: { patient }, body: { card } });
    if (told.ok) setMet(told.it);
    return told;
  };
  const pair = async () => {
    if (met === null) return { ok: false, status: 400, reasons: [] } as const;
    const asked = await ask("askChallenge", {}); // tells the site that the key is asked for
    const said = asked.ok ? await say(met.challenge, asked.it.site) : asked;
    if (!said.ok) return said;
    const body = { statement: met.statement, assertion: said.it, serial: serial.trim(), implanted_on: on.trim() };
    const told = await ask("pairPump", { path: { patient }, body, once: wish(met.statement) });
    if (told.ok) setPaired(told.it);
    // What was asserted is for one session: it is met again.
    else setMet(null);
    return told;
  };
  if (paired !== null) {
    const mood = paired.state === "confirmed" ? "good" : paired.state === "failed" ? "bad" : "open";
    return (
      <div className={styles["verdict"]} data-mood={mood} role="status">
        <h2>{words.states[mood === "good" ? "confirmed" : mood === "bad" ? "failed" : "unknown"]}</h2>
        <p>{paired.message}</p>
        <div className={styles["actions"]}>
          {paired.pump !== undefined ? (
            <a className={styles["link"]} href={hashOf({ at: "pump", patient, pump: paired.pump })}>
              {words.toPump}
            </a>
          ) : (
            <Action
              onClick={() => {
                setMet(null);
                setPaired(null);
              }}
            >
              {words.again}
            </Action>
          )}
        </div>
      </div>
    );
  }
  return (
    <Form
      title={words.title}
      act={met === null ? words.meet : words.pair}
      doing={met === null ? words.meeting : words.pairing}
      whole={card !== null && card !== "none" && serial.trim() !== "" && day !== null}
      missing={words.missing}
      keep={met === null ? meet : pair}
    >
      <p className={styles["whole"]}>{words.how}</p>
      <label className={styles["select"]}>
        {words.card}
        <input
          type="file"
          accept=".card,application/json"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            setMet(null);
            if (!file) setCard(null);
            else void file.text().then((text) => setCard(cardOf(text) ?? "none"));
          }}
        />
        {card === "none" && <span className={styles["said"]}>{words.noCard}</span>}
      </label>
      <Text label={texts.enrol.pump.serial} value={serial} most={64} onText={setSerial} />
      <Text label={texts.enrol.pump.on} value={on} most={10} said={day ? longDay.format(day) : texts.enrol.form} onText={setOn} />
      {met !== null && (
        <div className={styles["whole"]} role="status">
          <p>{filledIn(words.met, { model: met.model, implant: met.implant, state: met.state })}</p>
          <p>{words.held}</p>
        </div>
      )}
    </Form>
  );
}
