// What a first therapy brings in its first hours: what is set in motion, when it is where, and what was seen since.
import { useEffect, useRef, useState } from "react";

import { numberField } from "../shared/number_entry";
import type { Answered, Asked } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { type DoseEntry, DoseField } from "./dose_field";
import { Action, Busy, Heading, Reasons } from "./parts";
import { millilitres } from "./refill";
import { hashOf } from "./route";
import { filledIn, texts } from "./texts";
import { useAnswer } from "./use_answer";
import { Identity } from "./visit";

export type FirstHours = NonNullable<Answered["previewChange"]["first_hours"]>;
type Told = Answered["firstHours"];
type Seen = NonNullable<Told["seen"]>[number];
type Note = Asked["noteSeen"]["body"];

const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const clock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });

/** "22 min", "2 h 50 min", "30 h" */
export function lasting(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / minuteMs));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 || hours >= 12 ? `${Math.round(minutes / 60)} h` : `${hours} h ${minutes % 60} min`;
}
const share = (part: number, whole: number) => Math.min(100, Math.max(0, (part / whole) * 100));

/** Tubing and catheter, to the scale of what they hold, and how far the prime brings the fluid. */
function Path({ hours }: { readonly hours: FirstHours }) {
  const tubing = share(hours.tubing.nl, hours.path_nl);
  const front = share(hours.given_nl, hours.path_nl);
  const from = Math.max(tubing, front - share(hours.spread_nl, hours.path_nl));
  return (
    <svg className={styles["path"]} viewBox="-1 0 102 20" role="img" aria-label={texts.firstHours.picture}>
      <rect className={styles["pathWall"]} x="0" y="7" width="100" height="5" rx="1" />
      {front > 0 && <rect className={styles["pathFluid"]} x="0" y="7" width={from} height="5" rx="1" />}
      {front > from && <rect className={styles["pathFront"]} x={from} y="7" width={front - from} height="5" />}
      <line className={styles["pathMark"]} x1={tubing} y1="5" x2={tubing} y2="14" />
      <text x="0" y="4">{texts.firstHours.pump}</text>
      <text x={tubing / 2} y="18" textAnchor="middle">{texts.firstHours.tubing}</text>
      <text x={tubing + 2} y="18">{texts.firstHours.catheter}</text>
      <text x="100" y="4" textAnchor="end">{texts.firstHours.tip}</text>
      {front > from && <text x={Math.min(front, 100)} y="18" textAnchor="end">{texts.firstHours.front}</text>}
    </svg>
  );
}

/** To a tenth of a microlitre. */
const exactly = (nanolitres: number) => `${Number((nanolitres / 1e6).toFixed(4))} mL`;

/** `alone`: no notes of an order stand beside it. */
export function FirstHoursOf({ hours, alone = false }: { readonly hours: FirstHours; readonly alone?: boolean }) {
  const words = texts.firstHours;
  const rows: readonly (readonly [string, string])[] = [
    [words.filled, millilitres(hours.filled_nl)],
    [words.path, filledIn(words.pathOf, { path: exactly(hours.path_nl), tubing: exactly(hours.tubing.nl), length: String(hours.lies_um / 10_000) })],
    ...(hours.prime_ms > 0
      ? ([
          [words.motion, filledIn(words.motionOf, { mass: hours.in_motion, volume: exactly(hours.given_nl) })],
          [words.prime, filledIn(words.primeOf, { lasting: lasting(hours.prime_ms), rate: millilitres(hours.rate_nl_per_day / 24) })],
        ] as const)
      : ([[words.prime, words.noPrime]] as const)),
    [words.first, lasting(hours.first_drug_ms)],
    [words.whole, lasting(hours.whole_ms)],
    [words.shorter, filledIn(words.shorterOf, { mass: hours.shorter })],
    [words.supervised, lasting(hours.supervised_ms)],
  ];
  const unverified = alone && (!hours.tubing.verified || !hours.per_cm.verified);
  return (
    <section>
      <h2 className={styles["second"]}>{words.title}</h2>
      <Path hours={hours} />
      <table className={styles["hours"]}>
        <caption className="theca-unseen">{words.title}</caption>
        <tbody>
          {rows.map(([what, value]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {unverified && (
        <p className={styles["quietly"]}>
          {filledIn(words.unverified, {
            tubing: exactly(hours.tubing.nl),
            perCm: `${hours.per_cm.nl / 1e6} mL`,
            sources: [...new Set([...hours.tubing.sources, ...hours.per_cm.sources])].join(", "),
          })}
        </p>
      )}
      <details className={styles["fold"]}>
        <summary>{texts.change.how}</summary>
        <p>
          {words.how} {hours.front_holds ? "" : words.overstated}
        </p>
      </details>
    </section>
  );
}

/** By the server's clock as it stood when the page heard of it. */
function useServerClock(told: Told): number {
  const ahead = useRef(told.now_ms - Date.now());
  const [now, setNow] = useState(() => Date.now() + ahead.current);
  useEffect(() => {
    ahead.current = told.now_ms - Date.now();
    const timer = setInterval(() => setNow(Date.now() + ahead.current), secondMs);
    return () => clearInterval(timer);
  }, [told]);
  return now;
}

function Timers({ told, hours }: { readonly told: Told; readonly hours: FirstHours }) {
  const now = useServerClock(told);
  const begun = told.begun_ms ?? now;
  const last = told.seen?.[0]?.at_ms ?? begun;
  const words = texts.firstHours.timers;
  const at = (after: number) => ({ left: begun + after - now, when: clock.format(begun + after) });
  const timers = [
    ...(hours.prime_ms > 0 ? [{ name: words.prime, ...at(hours.prime_ms), over: words.primeOver }] : []),
    { name: words.first, ...at(hours.first_drug_ms), over: words.firstOver },
    { name: words.whole, ...at(hours.whole_ms), over: words.wholeOver },
    { name: words.supervised, ...at(hours.supervised_ms), over: words.supervisedOver },
  ];
  const due = last + hourMs - now;
  const watched = begun + hours.supervised_ms > now;
  return (
    <>
      {watched && (
        <p className={due > 0 ? styles["timer"] : styles["wrong"]} role={due > 0 ? "timer" : "alert"}>
          {due > 0 ? filledIn(words.due, { lasting: lasting(due) }) : filledIn(words.overdue, { lasting: lasting(-due) })}
        </p>
      )}
      <dl className={styles["tiles"]}>
        {timers.map(({ name, left, when, over }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{left > 0 ? filledIn(words.left, { lasting: lasting(left), when }) : filledIn(over, { when })}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const breathsField = numberField({ unit: "/min", step: [1, 1], least: "0", most: "80", zeros: "allowed" });
const states = ["awake", "drowsy, easy to rouse", "hard to rouse"] as const;
const signs = ["itching", "nausea", "retention of urine", "weakness", "low blood pressure", "headache", "wound or pocket swollen"] as const;

function Look({ patient, pump, onTold }: { readonly patient: number; readonly pump: number; readonly onTold: (told: Told) => void }) {
  const [round, setRound] = useState(0);
  const [breaths, setBreaths] = useState<DoseEntry>({ text: "", value: null });
  const [awake, setAwake] = useState<(typeof states)[number] | null>(null);
  const [found, setFound] = useState<readonly (typeof signs)[number][]>([]);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [insist, setInsist] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const wish = useRef<{ readonly of: string; readonly once: string } | null>(null);
  const words = texts.firstHours.look;
  const grave = awake === "hard to rouse" || (breaths.value !== null && Number(breaths.value) < 8);

  const keep = async () => {
    setInsist(true);
    if (breaths.value === null || awake === null) return;
    const body: Note = {
      breaths: Number(breaths.value),
      awake,
      ...(found.length > 0 ? { signs: [...found] } : {}),
      ...(note.trim() !== "" ? { note: note.trim() } : {}),
    };
    // The same look that is asked for again is one look.
    const of = JSON.stringify(body);
    if (wish.current?.of !== of) wish.current = { of, once: newWish() };
    setBusy(true);
    setReasons([]);
    const told = await ask("noteSeen", { path: { pump }, body, once: wish.current.once });
    setBusy(false);
    if (!told.ok) return setReasons(told.reasons);
    wish.current = null;
    setInsist(false);
    setBreaths({ text: "", value: null });
    setAwake(null);
    setFound([]);
    setNote("");
    setRound((before) => before + 1);
    onTold(told.it);
  };

  return (
    <fieldset className={styles["group"]}>
      <legend>{words.title}</legend>
      <p className={styles["quietly"]}>{words.how}</p>
      <div className={styles["fields"]}>
        <DoseField key={round} label={words.breaths} field={breathsField} insist={insist} onChange={setBreaths} />
      </div>
      <div className={styles["choices"]} role="radiogroup" aria-label={words.awake}>
        {states.map((state) => (
          <label key={state}>
            <input type="radio" name="awake" checked={awake === state} onChange={() => setAwake(state)} /> {words.states[state]}
          </label>
        ))}
      </div>
      <div className={styles["ticks"]}>
        {signs.map((sign) => (
          <label key={sign}>
            <input
              type="checkbox"
              checked={found.includes(sign)}
              onChange={(event) => setFound(event.currentTarget.checked ? [...found, sign] : found.filter((one) => one !== sign))}
            />{" "}
            {words.signs[sign]}
          </label>
        ))}
      </div>
      {grave && (
        <p className={styles["wrong"]} role="alert">
          {words.grave} <a href={hashOf({ at: "lower", patient, pump })}>{texts.emergency.atPump}</a>
        </p>
      )}
      <label className={styles["reason"]}>
        {words.note}
        <textarea rows={2} maxLength={1000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      </label>
      {insist && (breaths.value === null || awake === null) && (
        <p className={styles["missing"]} role="alert">
          {words.missing}
        </p>
      )}
      <Reasons reasons={reasons} />
      {busy ? (
        <Busy>{words.keeping}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action onClick={() => void keep()}>{words.keep}</Action>
        </div>
      )}
    </fieldset>
  );
}

function seenText(seen: Seen): string {
  const words = texts.firstHours.look;
  return [
    seen.breaths !== undefined ? filledIn(words.breathsOf, { breaths: seen.breaths }) : null,
    seen.awake !== undefined ? words.states[seen.awake] : null,
    ...(seen.signs ?? []).map((sign) => words.signs[sign]),
    seen.note ?? null,
  ]
    .filter((one) => one !== null)
    .join("; ");
}

export function FirstHoursPage({ patient, pump }: { readonly patient: number; readonly pump: number }) {
  const who = useAnswer("readPatient", { patient });
  const first = useAnswer("firstHours", { pump });
  const [later, setLater] = useState<Told | null>(null);
  if (who === null || first === null) return <Busy>{texts.loading}</Busy>;
  if (!who.ok) return <Reasons reasons={who.reasons} />;
  if (!first.ok) return <Reasons reasons={first.reasons} />;
  const its = who.it.pumps.find((one) => one.pump === pump);
  const told = later ?? first.it;
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "pump", patient, pump })}>{texts.firstHours.back}</a>
      </p>
      {its && <Identity patient={who.it} pump={its} drug={undefined} />}
      <section className={styles["card"]}>
        <Heading>{texts.firstHours.watch}</Heading>
        {told.is === "none" || !told.hours ? (
          <p>{texts.firstHours.none}</p>
        ) : (
          <>
            <p>{texts.firstHours.watchHow}</p>
            <Timers told={told} hours={told.hours} />
            <p className={styles["quietly"]}>{texts.firstHours.source}</p>
            <Look patient={patient} pump={pump} onTold={setLater} />
            <h2 className={styles["second"]}>{texts.firstHours.seen}</h2>
            {(told.seen ?? []).length === 0 && <p>{texts.firstHours.nothingSeen}</p>}
            <ul className={styles["notes"]}>
              {(told.seen ?? []).map((seen) => (
                <li key={`${seen.at_ms} ${seen.by}`}>
                  <strong>{clock.format(seen.at_ms)}</strong>, {seen.by}: {seenText(seen)}
                </li>
              ))}
            </ul>
            <FirstHoursOf hours={told.hours} alone />
          </>
        )}
      </section>
    </>
  );
}

/** At the pump's page, as long as the window lasts. */
export function OpenFirstHours({ patient, pump }: { readonly patient: number; readonly pump: number }) {
  const told = useAnswer("firstHours", { pump });
  if (!told?.ok || told.it.is === "none" || !told.it.hours) return null;
  const until = (told.it.begun_ms ?? 0) + told.it.hours.supervised_ms;
  if (until <= told.it.now_ms) return null;
  return (
    <section className={styles["check"]} role="status">
      <p>
        <strong>{filledIn(texts.firstHours.open, { until: clock.format(until) })}</strong>{" "}
        <a href={hashOf({ at: "first-hours", patient, pump })}>{texts.firstHours.goOn}</a>
      </p>
    </section>
  );
}
