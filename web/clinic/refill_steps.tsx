// The steps of a refill that are done with a syringe in the hand: what was read, drawn and put in, as numbers with the
// unit beside the field. What the pump counts is shown after what came out was written, never before.
import { useMemo, useState } from "react";

import { numberField } from "../shared/number_entry";
import styles from "./clinic.module.css";
import { type DoseEntry, DoseField } from "./dose_field";
import { Action, Heading } from "./parts";
import { millilitres, type Refill, type StepProps } from "./refill";
import { filledIn, texts } from "./texts";

export const nothing: DoseEntry = { text: "", value: null };
/** A syringe is read to a tenth of a millilitre. */
const volume = (least: string) => numberField({ unit: "mL", step: [1, 10], least, most: "100", zeros: "allowed" });
export const drawn = volume("0");
const given = volume("0.1");

const longDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** "2031-05-31", or "2031-05", whose last day is meant; null for what is neither. */
export function lastDay(typed: string): Date | null {
  const found = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(typed.trim());
  if (!found) return null;
  const [year, month] = [Number(found[1]), Number(found[2])];
  const day = found[3] === undefined ? new Date(Date.UTC(year, month, 0)).getUTCDate() : Number(found[3]);
  const date = new Date(Date.UTC(year, month - 1, day));
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same && year >= 2000 ? date : null;
}

export interface DrugRead {
  readonly code: string;
  readonly concentration: DoseEntry;
}
/** What may stand on a label, and how many drugs the program is for. */
type Choices = Pick<Refill, "choices" | "drugs">;

export const unread = (of: Choices): readonly DrugRead[] => Array.from({ length: of.drugs }, () => ({ code: "", concentration: nothing }));

/** As the server takes them; null while one is not written. */
export function drugsRead(of: Choices, drugs: readonly DrugRead[]): { code: number; concentration: string }[] | null {
  const all = drugs.map(({ code, concentration }) => {
    const unit = of.choices.find((one) => String(one.code) === code)?.unit;
    return unit === undefined || concentration.value === null ? null : { code: Number(code), concentration: `${concentration.value} ${unit}` };
  });
  return all.some((one) => one === null) ? null : all.filter((one) => one !== null);
}

/** A drug and its concentration for each that the program is for, chosen and typed from the syringe. */
export function DrugRows({ of, drugs, insist, onDrugs }: {
  readonly of: Choices;
  readonly drugs: readonly DrugRead[];
  readonly insist: boolean;
  readonly onDrugs: (drugs: readonly DrugRead[]) => void;
}) {
  return (
    <>
      {drugs.map((read, i) => (
        <DrugRow
          key={i}
          refill={of}
          number={i}
          read={read}
          insist={insist}
          onRead={(one) => onDrugs(drugs.map((before, j) => (j === i ? one : before)))}
        />
      ))}
    </>
  );
}

function DrugRow({ refill, number, read, insist, onRead }: {
  readonly refill: Choices;
  readonly number: number;
  readonly read: DrugRead;
  readonly insist: boolean;
  readonly onRead: (read: DrugRead) => void;
}) {
  const chosen = refill.choices.find(({ code }) => String(code) === read.code);
  const field = useMemo(
    () =>
      chosen && numberField({ unit: chosen.unit === "mg/mL" ? "mg/mL" : "mcg/mL", step: [1, 1000], least: "0.001", most: "100000" }),
    [chosen],
  );
  const label = refill.drugs > 1 ? `${texts.refill.label.drug} ${number + 1}` : texts.refill.label.drug;
  return (
    <div className={styles["fields"]}>
      <label className={styles["select"]}>
        {label}
        <select value={read.code} onChange={(event) => onRead({ code: event.currentTarget.value, concentration: nothing })}>
          <option value="">–</option>
          {refill.choices.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {field && (
        <DoseField
          key={read.code}
          label={filledIn(texts.refill.label.concentration, { drug: chosen?.name ?? "" })}
          field={field}
          insist={insist}
          onChange={(concentration) => onRead({ ...read, concentration })}
        />
      )}
    </div>
  );
}

export function LabelStep({ refill, onStep }: StepProps) {
  const [drugs, setDrugs] = useState(() => unread(refill));
  const [lot, setLot] = useState("");
  const [expires, setExpires] = useState("");
  const [insist, setInsist] = useState(false);
  const day = lastDay(expires);
  const read = drugsRead(refill, drugs);
  const whole = read !== null && lot !== "" && day !== null;
  const next = async () => {
    setInsist(true);
    if (read === null || lot === "" || day === null) return;
    await onStep({
      is: "label",
      drugs: read,
      lot: lot.trim(),
      expires: day.toISOString().slice(0, 10),
    });
  };
  return (
    <>
      <Heading>{texts.refill.label.title}</Heading>
      <p>{texts.refill.label.how}</p>
      <DrugRows of={refill} drugs={drugs} insist={insist} onDrugs={setDrugs} />
      <div className={styles["fields"]}>
        <label className={styles["select"]}>
          {texts.refill.label.lot}
          <input value={lot} maxLength={32} autoComplete="off" spellCheck={false} onChange={(event) => setLot(event.currentTarget.value)} />
        </label>
        <label className={styles["select"]}>
          {texts.refill.label.expires}
          <input value={expires} maxLength={10} autoComplete="off" onChange={(event) => setExpires(event.currentTarget.value)} />
          <span className={styles["said"]}>{day ? longDay.format(day) : texts.refill.label.form}</span>
        </label>
      </div>
      {insist && !whole && <p className={styles["missing"]} role="alert">{texts.refill.label.missing}</p>}
      <div className={styles["actions"]}>
        <Action onClick={() => void next()}>{texts.refill.label.next}</Action>
      </div>
    </>
  );
}

/** Where the needle goes, and where it does not: a pump from above. */
function Ports() {
  return (
    <svg className={styles["ports"]} viewBox="0 0 320 200" role="img" aria-label={texts.refill.port.picture}>
      <circle cx="130" cy="100" r="84" />
      <circle cx="130" cy="100" r="22" data-port="filling" />
      <circle cx="212" cy="62" r="13" data-port="side" />
      <path d="M222 52 C262 24 276 20 312 22" />
      <text x="130" y="150" textAnchor="middle">
        {texts.refill.port.filling}
      </text>
      <text x="226" y="94">
        {texts.refill.port.side}
      </text>
      <path d="M203 53 l18 18 M221 53 l-18 18" data-port="no" />
    </svg>
  );
}

export function PortStep({ refill, onStep }: StepProps) {
  const [middle, setMiddle] = useState(false);
  const [notSide, setNotSide] = useState(false);
  const [insist, setInsist] = useState(false);
  return (
    <>
      <Heading>{texts.refill.port.title}</Heading>
      {refill.astray_nl > 0 && (
        <p className={styles["check"]} role="alert">
          {filledIn(texts.refill.port.astray, { volume: millilitres(refill.astray_nl) })}
        </p>
      )}
      <div className={styles["beside"]}>
        <Ports />
        <div className={styles["ticks"]}>
          <label>
            <input type="checkbox" checked={middle} onChange={(event) => setMiddle(event.currentTarget.checked)} /> {texts.refill.port.middle}
          </label>
          <label>
            <input type="checkbox" checked={notSide} onChange={(event) => setNotSide(event.currentTarget.checked)} />{" "}
            {texts.refill.port.notSide}
          </label>
          {insist && !(middle && notSide) && <p className={styles["missing"]} role="alert">{texts.refill.port.missing}</p>}
        </div>
      </div>
      <div className={styles["actions"]}>
        <Action
          onClick={() => {
            setInsist(true);
            if (middle && notSide) void onStep({ is: "port" });
          }}
        >
          {texts.refill.port.next}
        </Action>
      </div>
    </>
  );
}

export function EmptyStep({ onStep }: StepProps) {
  const [out, setOut] = useState(nothing);
  const [insist, setInsist] = useState(false);
  return (
    <>
      <Heading>{texts.refill.empty.title}</Heading>
      <p>{texts.refill.empty.how}</p>
      <DoseField label={texts.refill.empty.volume} field={drawn} insist={insist} onChange={setOut} />
      <div className={styles["actions"]}>
        <Action
          onClick={() => {
            setInsist(true);
            if (out.value !== null) void onStep({ is: "out", volume: `${out.value} mL` });
          }}
        >
          {texts.refill.empty.next}
        </Action>
      </div>
    </>
  );
}

/** "11.2 mL came out, and the pump counted 7.4 mL." */
function Judged({ refill }: { readonly refill: Refill }) {
  const ratio = refill.ratio_ppm;
  return (
    <p className={styles["headline"]}>
      {filledIn(texts.refill.look.judged, { out: millilitres(refill.out_nl ?? 0), counted: millilitres(refill.counted_nl) })}
      {ratio !== undefined && ` ${filledIn(texts.refill.look.ratio, { percent: Number((ratio / 1e4).toPrecision(3)) })}`}
    </p>
  );
}

/** In nanolitres, as the clinic's program has it (src/clinic/refilling.hpp). */
const foundEmpty = 500_000;

export function LookStep({ refill, onStep }: StepProps) {
  const [note, setNote] = useState("");
  const [out, setOut] = useState(nothing);
  const [insist, setInsist] = useState(false);
  const empty = (refill.out_nl ?? 0) <= foundEmpty;
  return (
    <>
      <Heading>{empty ? texts.refill.look.emptyTitle : texts.refill.look.title}</Heading>
      <Judged refill={refill} />
      <p>{empty ? texts.refill.look.empty : refill.last_fill_nl === undefined ? texts.refill.look.byVolume : texts.refill.look.byRatio}</p>
      <ol className={styles["causes"]}>
        {refill.causes.map((cause) => (
          <li key={cause.name}>
            <strong>{cause.name}</strong>: {cause.why}.{" "}
            <span>
              {filledIn(texts.refill.look.lookFor, { what: cause.look_for })}{" "}
              <small>{filledIn(cause.verified ? texts.refill.look.read : texts.refill.look.reasoned, { sources: cause.sources.join(", ") })}</small>
            </span>
          </li>
        ))}
      </ol>
      <p className={styles["quietly"]}>{texts.refill.look.ranked}</p>
      <fieldset className={styles["group"]}>
        <legend>{texts.refill.look.again}</legend>
        <DoseField label={texts.refill.look.total} field={drawn} insist={insist} onChange={setOut} />
        <div className={styles["actions"]}>
          <Action
            quiet
            onClick={() => {
              setInsist(true);
              if (out.value !== null) void onStep({ is: "out", volume: `${out.value} mL` });
            }}
          >
            {texts.refill.look.measured}
          </Action>
        </div>
      </fieldset>
      <label className={styles["reason"]}>
        {texts.refill.look.note}
        <textarea rows={3} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div className={styles["actions"]}>
        <Action onClick={() => void onStep({ is: "looked", note: note.trim() })}>
          {empty && refill.order === undefined ? texts.refill.look.isEmpty : texts.refill.look.goOn}
        </Action>
      </div>
    </>
  );
}

export function ProveStep({ refill, onStep }: StepProps) {
  const [inside, setInside] = useState(nothing);
  const [back, setBack] = useState(nothing);
  const [insist, setInsist] = useState(false);
  return (
    <>
      <Heading>{texts.refill.prove.title}</Heading>
      {refill.causes.length === 0 && (
        <>
          <Judged refill={refill} />
          <p className={styles["quietly"]}>{texts.refill.prove.fits}</p>
        </>
      )}
      <p>{texts.refill.prove.how}</p>
      {refill.in_nl > 0 && <p className={styles["check"]}>{filledIn(texts.refill.fill.room, { room: millilitres(refill.room_nl) })}</p>}
      <div className={styles["fields"]}>
        <DoseField label={texts.refill.prove.in} field={given} insist={insist} onChange={setInside} />
        <DoseField label={texts.refill.prove.back} field={drawn} insist={insist} onChange={setBack} />
      </div>
      <div className={styles["actions"]}>
        <Action
          onClick={() => {
            setInsist(true);
            if (inside.value !== null && back.value !== null)
              void onStep({ is: "proof", in: `${inside.value} mL`, back: `${back.value} mL` });
          }}
        >
          {texts.refill.prove.next}
        </Action>
      </div>
    </>
  );
}

/** How full it is. */
function Level({ refill }: { readonly refill: Refill }) {
  const share = (nanolitres: number) => `${(nanolitres / refill.capacity_nl) * 100}%`;
  return (
    <div className={styles["fullness"]}>
      <div role="img" aria-label={filledIn(texts.refill.fill.holds, { in: millilitres(refill.in_nl), capacity: millilitres(refill.capacity_nl) })}>
        <span style={{ width: share(refill.in_nl) }} />
      </div>
      <p>
        <strong>{filledIn(texts.refill.fill.holds, { in: millilitres(refill.in_nl), capacity: millilitres(refill.capacity_nl) })}</strong>{" "}
        {filledIn(texts.refill.fill.room, { room: millilitres(refill.room_nl) })}
      </p>
    </div>
  );
}

export function FillStep({ refill, onStep }: StepProps) {
  const [portion, setPortion] = useState(nothing);
  const [insist, setInsist] = useState(false);
  const portions = refill.steps.filter(({ is }) => is === "portion").length;
  return (
    <>
      <Heading>{texts.refill.fill.title}</Heading>
      <p>{texts.refill.fill.how}</p>
      <Level refill={refill} />
      {refill.room_nl > 0 && (
        <>
          <DoseField
            label={filledIn(texts.refill.fill.portion, { number: portions + 1 })}
            field={given}
            insist={insist}
            onChange={setPortion}
          />
          <div className={styles["actions"]}>
            <Action
              onClick={() => {
                setInsist(true);
                if (portion.value !== null) void onStep({ is: "portion", volume: `${portion.value} mL` });
              }}
            >
              {texts.refill.fill.next}
            </Action>
          </div>
        </>
      )}
      {portions > 0 && (
        <div className={styles["actions"]}>
          <Action quiet={refill.room_nl > 0} onClick={() => void onStep({ is: "all_in" })}>
            {texts.refill.fill.allIn}
          </Action>
        </div>
      )}
    </>
  );
}
