// What the day asks for, and whom somebody looks for.
import { useEffect, useRef, useState } from "react";

import type { Answered } from "./api";
import { ask, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Heading, Reasons } from "./parts";
import { hashOf } from "./route";
import { filledIn, texts } from "./texts";
import { useAnswer } from "./use_answer";

type Pump = Answered["readToday"]["pumps"][number];
type Matter = Pump["matters"][number];
type Found = Answered["findPatients"];

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const time = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function sentence({ kind, words, at_ms }: Matter, now: number): string {
  const of = texts.today.matters;
  const date = at_ms === undefined ? "" : day.format(at_ms);
  const hour = at_ms === undefined ? "" : time.format(at_ms);
  switch (kind) {
    case "refill":
      return filledIn((at_ms ?? now) <= now ? of.refillOver : of.refill, { date });
    case "alarm":
      return words;
    case "replace":
      return `${of.replace} ${words}`;
    case "residual":
      return filledIn(of.residual, { date, words });
    case "never told":
      return words;
    case "not known":
      return filledIn(of.notKnown, { hour });
    case "open refill":
      return filledIn(of.openRefill, { hour });
    case "supervised":
      return filledIn(of.supervised, { hour });
    case "draft":
      return filledIn(of.draft, { hour });
    case "not read":
      return of.notRead;
    case "changed":
      return filledIn(of.changed, { hour });
  }
}

const dueOf = (pump: Pump) => pump.matters.find((one) => one.kind === "refill")?.at_ms ?? Number.MAX_SAFE_INTEGER;

function Row({ pump, now }: { readonly pump: Pump; readonly now: number }) {
  return (
    <li>
      <a href={hashOf({ at: "pump", patient: pump.patient, pump: pump.pump })}>
        <strong>{pump.name}</strong>
        <span>
          {texts.patients.born} {pump.birth_date}, {pump.model}
        </span>
        {pump.matters.map((matter, place) => (
          <span key={place} className={styles["matter"]} data-urgency={matter.urgency}>
            {matter.urgency === "now" && <b>{texts.today.nowMark}</b>} {matter.kind === "not read" && !pump.radio ? texts.today.noRadio : sentence(matter, now)}
          </span>
        ))}
        {pump.read_ms !== undefined && <span className={styles["said"]}>{filledIn(texts.today.asRead, { hour: time.format(pump.read_ms) })}</span>}
      </a>
    </li>
  );
}

export function Today() {
  const told = useAnswer("readToday", undefined);
  const groups = (pumps: readonly Pump[]) => {
    const first = (pump: Pump) => pump.matters[0]?.urgency ?? "later";
    const of = (urgency: Matter["urgency"]) => pumps.filter((one) => first(one) === urgency).toSorted((a, b) => dueOf(a) - dueOf(b));
    return [
      { title: texts.today.now, pumps: of("now") },
      { title: texts.today.soon, pumps: of("soon") },
      { title: texts.today.later, pumps: of("later") },
    ].filter((group) => group.pumps.length > 0);
  };
  return (
    <section className={styles["card"]}>
      <Heading>{texts.today.title}</Heading>
      {told === null && <Busy>{texts.loading}</Busy>}
      {told && !told.ok && <Reasons reasons={told.reasons} />}
      {told?.ok && told.it.unopened > 0 && <p role="alert">{filledIn(texts.today.unopened, { count: String(told.it.unopened) })}</p>}
      {told?.ok && told.it.pumps.length === 0 && <p>{texts.today.nothing}</p>}
      {told?.ok &&
        groups(told.it.pumps).map((group) => (
          <div key={group.title}>
            <h2 className={styles["second"]}>{group.title}</h2>
            <ul className={styles["list"]}>
              {group.pumps.map((pump) => (
                <Row key={pump.pump} pump={pump} now={told.it.now_ms} />
              ))}
            </ul>
          </div>
        ))}
      {told?.ok && told.it.more && <p>{texts.patients.more}</p>}
      <p className={styles["said"]}>{texts.today.how}</p>
    </section>
  );
}

export function Search() {
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const field = useRef<HTMLInputElement>(null);
  // "/" goes to the search from anywhere that is no field.
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const at = event.target;
      if (event.key !== "/" || (at instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName))) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  const find = async () => {
    setBusy(true);
    setReasons([]);
    const told = await ask("findPatients", { body: { typed: typed.trim() } });
    setBusy(false);
    setFound(told.ok ? told.it : null);
    if (!told.ok) setReasons(told.reasons);
  };
  return (
    <section className={styles["card"]}>
      <form
        role="search"
        className={styles["search"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== "") void find();
        }}
      >
        <label className={styles["select"]}>
          {texts.search.label}
          <input
            ref={field}
            value={typed}
            maxLength={100}
            autoComplete="off"
            spellCheck={false}
            aria-describedby="search-how"
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <div>{busy ? <Busy>{texts.search.looking}</Busy> : <Action onClick={() => typed.trim() !== "" && void find()}>{texts.search.button}</Action>}</div>
        <p id="search-how" className={styles["said"]}>
          {texts.search.how}
        </p>
      </form>
      <Reasons reasons={reasons} />
      <div role="status">
        {found?.patients.length === 0 && <p>{texts.search.nobody}</p>}
        {found !== null && found.patients.length > 0 && (
          <ul className={styles["list"]}>
            {found.patients.map((one) => (
              <li key={one.patient}>
                <a href={hashOf({ at: "patient", patient: one.patient })}>
                  <strong>{one.name}</strong>
                  <span>
                    {texts.patients.born} {one.birth_date}
                  </span>
                  <span>
                    {texts.patients.record} {one.record_number}
                  </span>
                  {!one.in_care && <span>{texts.search.notInCare}</span>}
                </a>
              </li>
            ))}
          </ul>
        )}
        {found?.more && <p>{texts.search.more}</p>}
      </div>
    </section>
  );
}
