// What the pump gave, what the patient wrote and what the virtual patients make of it: one pump's days on one time axis,
// and another period of them laid over it.
import { Button } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { ask, type Reason } from "./client";
import styles from "./clinic.module.css";
import {
  batches,
  beginningAt,
  type Course,
  type Day,
  dayName,
  daysOf,
  type DiaryFile,
  diaryOf,
  drift,
  endsOf,
  type FileFault,
  inPeriod,
  lengthOf,
  type Means,
  meansOf,
  moved,
  newest,
  noonOf,
  ofLength,
  partlyKnown,
  type Period,
  placeNamed,
  spansIn,
  sumsOf,
  theOneBefore,
} from "./follow_periods";
import { Picture, type Units } from "./follow_picture";
import { Action, Busy, Heading, Reasons, type Row, Rows } from "./parts";
import { millilitres } from "./refill";
import { hashOf } from "./route";
import { filledIn, texts } from "./texts";
import { useAnswer } from "./use_answer";
import { Identity } from "./visit";

const words = texts.follow;
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const readCourse = (pump: number) => ask("readCourse", { path: { pump } });
const readJournal = (pump: number) => ask("readJournal", { path: { pump } });
const bringDiary = (pump: number, body: DiaryFile) => ask("bringDiary", { path: { pump }, body });

/** Whether the page is still there when an answer comes. */
function useHere() {
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return here;
}

/** More pages than this no journal has. */
const mostPages = 1000;

function Journal({ pump, course, onRead }: { readonly pump: number; readonly course: Course; readonly onRead: () => void }) {
  const [busy, setBusy] = useState(false);
  const [entries, setEntries] = useState(0);
  const [said, setSaid] = useState("");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const here = useHere();
  const own = words.journal;
  const read = async () => {
    setBusy(true);
    setSaid("");
    setReasons([]);
    setEntries(0);
    let found = 0;
    let refused: readonly Reason[] = [];
    for (let page = 0; page < mostPages && here.current; ++page) {
      const told = await readJournal(pump);
      if (!told.ok) {
        refused = told.reasons;
        break;
      }
      found += told.it.entries;
      setEntries(found);
      if (!told.it.more) break;
    }
    if (!here.current) return;
    setBusy(false);
    setReasons(refused);
    if (refused.length > 0) setSaid(found > 0 ? filledIn(own.stopped, { entries: found }) : "");
    else setSaid(found > 0 ? filledIn(own.done, { entries: found }) : own.nothing);
    if (refused.length === 0 || found > 0) onRead();
  };
  return (
    <section>
      <h2 className={styles["second"]}>{own.title}</h2>
      {course.read_ms === undefined ? (
        <p className={styles["check"]}>{own.never}</p>
      ) : (
        <p>
          {filledIn(own.read, { hour: clock.format(course.read_ms) })} {course.whole ? own.whole : own.gaps}
        </p>
      )}
      <p className={styles["quietly"]}>{own.coil}</p>
      <Reasons reasons={reasons} />
      <p role="status">{said}</p>
      {busy ? (
        <Busy>{entries > 0 ? filledIn(own.readingOn, { entries }) : own.reading}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action quiet={course.read_ms !== undefined} onClick={() => void read()}>
            {own.button}
          </Action>
        </div>
      )}
    </section>
  );
}

function Bring({ pump, course, onBrought }: { readonly pump: number; readonly course: Course; readonly onBrought: () => void }) {
  const [file, setFile] = useState<DiaryFile | FileFault | null>(null);
  const [round, setRound] = useState(0);
  const [sent, setSent] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const here = useHere();
  const own = words.bring;
  const diary = typeof file === "object" ? file : null;
  const times = diary?.entries.map((one) => one.at_ms) ?? [];
  const first = times.reduce((one, other) => Math.min(one, other), Infinity);
  const last = times.reduce((one, other) => Math.max(one, other), -Infinity);
  const bring = async ({ implant, entries }: DiaryFile) => {
    setReasons([]);
    setSaid("");
    let kept = 0;
    let done = 0;
    let refused: readonly Reason[] = [];
    for (const part of batches(entries)) {
      setSent(done);
      const told = await bringDiary(pump, { implant, entries: part });
      if (!here.current) return;
      if (!told.ok) {
        refused = told.reasons;
        break;
      }
      kept += told.it.kept;
      done += part.length;
    }
    setSent(null);
    setReasons(refused);
    if (refused.length > 0) setSaid(done > 0 ? filledIn(own.stopped, { kept }) : "");
    else {
      setSaid(filledIn(own.done, { kept }));
      setFile(null);
      setRound((before) => before + 1);
    }
    if (done > 0) onBrought();
  };
  return (
    <section>
      <h2 className={styles["second"]}>{own.title}</h2>
      <p>
        {course.diary_ms === undefined ? own.never : filledIn(own.brought, { hour: clock.format(course.diary_ms) })} {own.how}
      </p>
      <div className={styles["fields"]}>
        <label className={styles["select"]}>
          {own.file}
          <input
            key={round}
            type="file"
            accept=".json,application/json"
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              setSaid("");
              setReasons([]);
              setFile(null);
              if (chosen)
                void chosen.text().then(
                  (text) => here.current && setFile(diaryOf(text)),
                  () => here.current && setFile("not readable"),
                );
            }}
          />
        </label>
      </div>
      {typeof file === "string" && (
        <p className={styles["missing"]} role="alert">
          {own.faults[file]}
        </p>
      )}
      {diary && (
        <p role="status">
          {diary.entries.length === 0
            ? own.empty
            : filledIn(own.found, { count: diary.entries.length, from: date.format(first), to: date.format(last), implant: diary.implant })}
        </p>
      )}
      <Reasons reasons={reasons} />
      <p role="status">{said}</p>
      {diary && sent !== null && <Busy>{filledIn(own.bringing, { count: sent, all: diary.entries.length })}</Busy>}
      {diary && sent === null && diary.entries.length > 0 && (
        <div className={styles["actions"]}>
          <Action onClick={() => void bring(diary)}>{own.button}</Action>
        </div>
      )}
    </section>
  );
}

const lengths = [7, 28, 90, null] as const;
const besides = ["nothing", "before", "chosen"] as const;

interface Chosen {
  readonly length: (typeof lengths)[number];
  readonly main: Period;
  readonly beside: (typeof besides)[number];
  readonly day: string;
}

/** It stays where it is at the end of the days, so that the keyboard is not thrown off it. */
function Move({ off, onClick, children }: { readonly off: boolean; readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <Button type="button" className={styles["quiet"] ?? ""} aria-disabled={off} onClick={() => !off && onClick()}>
      {children}
    </Button>
  );
}

function otherOf(days: readonly Day[], { main, beside, day }: Chosen): Period | null {
  if (beside === "before") return theOneBefore(main);
  const place = beside === "chosen" ? placeNamed(days, day) : null;
  return place === null ? null : beginningAt(place, main);
}

/** "3 – 30 Mar 2031", of the days that there are. */
function rangeOf(days: readonly Day[], period: Period): string | null {
  const ends = endsOf(days, period);
  return ends && date.formatRange(noonOf(ends[0]), noonOf(ends[1]));
}

function Controls({ days, chosen, onChosen }: { readonly days: readonly Day[]; readonly chosen: Chosen; readonly onChosen: (chosen: Chosen) => void }) {
  const own = words.period;
  const { main, length, beside, day } = chosen;
  const [first, last] = [days[0], days.at(-1)];
  const move = (way: "earlier" | "later") => onChosen({ ...chosen, main: moved(days, main, way) });
  const noDay = beside === "chosen" && placeNamed(days, day) === null;
  return (
    <fieldset className={styles["group"]}>
      <legend>{own.title}</legend>
      <div className={styles["choices"]} role="radiogroup" aria-label={own.length}>
        <span>{own.length}:</span>
        {lengths.map((one) => (
          <label key={String(one)}>
            <input type="radio" name="length" checked={length === one} onChange={() => onChosen({ ...chosen, length: one, main: ofLength(days, main, one) })} /> {own.lengths[one ?? "all"]}
          </label>
        ))}
      </div>
      <div className={styles["actions"]}>
        <Move off={main.from === 0} onClick={() => move("earlier")}>
          {own.earlier}
        </Move>
        <Move off={main.to === days.length} onClick={() => move("later")}>
          {own.later}
        </Move>
      </div>
      <p role="status">{filledIn(own.shown, { range: rangeOf(days, main) ?? "", count: lengthOf(main) })}</p>
      <div className={styles["choices"]} role="radiogroup" aria-label={own.beside}>
        <span>{own.beside}:</span>
        {besides.map((one) => (
          <label key={one}>
            <input type="radio" name="beside" checked={beside === one} onChange={() => onChosen({ ...chosen, beside: one })} /> {own.choices[one]}
          </label>
        ))}
      </div>
      {beside === "chosen" && first && last && (
        <div className={styles["fields"]}>
          <label className={styles["select"]}>
            {own.day}
            <input type="date" value={day} min={dayName(first)} max={dayName(last)} onChange={(event) => onChosen({ ...chosen, day: event.currentTarget.value })} />
            {noDay && <span className={styles["said"]}>{filledIn(own.noDay, { from: date.format(noonOf(first)), to: date.format(noonOf(last)) })}</span>}
          </label>
        </div>
      )}
    </fieldset>
  );
}

/** As it is written: differences are of what stands there. */
const rounded = (value: number, places = 4) => Number(value.toPrecision(places));

interface Compared {
  readonly what: string;
  readonly of: (means: Means) => number | null;
  /** As a number of what is written behind it. */
  readonly text: (value: number) => string;
  readonly difference?: (value: number) => string;
}

function InNumbers({ course, main, other, units }: { readonly course: Course; readonly main: Period; readonly other: Period | null; readonly units: Units }) {
  const own = words.sums;
  const [here, beside] = [sumsOf(course, main), other && sumsOf(course, other)];
  const [means, theirs] = [meansOf(here), beside && meansOf(beside)];
  const percent = (value: number) => filledIn(own.percent, { n: value });
  const points = (value: number) => filledIn(own.points, { n: value });
  const scaled = (value: number | null, by: number, places = 4) => (value === null ? null : rounded(value * by, places));
  const mass = (value: number) => `${value} ${units.unit}`;
  const compared: readonly Compared[] = [
    { what: own.given, of: (of) => scaled(of.given_ng, 1 / units.ng), text: mass },
    { what: own.prescribed, of: (of) => scaled(of.prescribed_ng, 1 / units.ng), text: mass },
    { what: own.share, of: (of) => scaled(of.share, 100, 3), text: percent, difference: points },
    { what: own.granted, of: (of) => scaled(of.granted, 1, 3), text: String },
    { what: own.refused, of: (of) => scaled(of.refused, 1, 3), text: String },
    { what: own.pain, of: (of) => scaled(of.pain, 1, 2), text: String },
    { what: own.entries, of: (of) => of.entries, text: String },
    { what: own.relief, of: (of) => scaled(of.relief, 1 / 10, 3), text: percent, difference: points },
    { what: own.alarms, of: (of) => of.alarms, text: String },
  ];
  const rows = compared.map(({ what, of, text, difference = text }): Row => {
    const [now, before] = [of(means), theirs && of(theirs)];
    const value = now === null ? own.notKnown : text(now);
    const old = before === null ? own.notKnown : text(before);
    if (now === null || before === null) return { what, before: old, now: value };
    const by = rounded(now - before);
    const sign = by > 0 ? "+" : "−";
    return { what, before: old, now: filledIn(own.with, { value, difference: by === 0 ? own.same : `${sign}${difference(Math.abs(by))}` }) };
  });
  const known = (of: typeof here) => filledIn(own.days, { known: of.known, days: of.days });
  rows.push({ what: own.known, before: beside ? known(beside) : "", now: known(here) });
  const range = rangeOf(course.days, main) ?? words.table.main;
  const columns = other ? [own.what, rangeOf(course.days, other) ?? words.table.other, range] : [own.what, range];
  return (
    <section>
      <h2 className={styles["second"]}>{own.title}</h2>
      <Rows rows={rows} columns={columns} caption={own.title} />
      <details className={styles["fold"]}>
        <summary>{words.refills.how}</summary>
        <p>{own.how}</p>
      </details>
    </section>
  );
}

const columnsOf = (units: Units): readonly string[] => {
  const { day, given, bolus, ordered, granted, refused, pain, effects, relief } = words.table;
  return [day, ...[given, bolus, ordered].map((one) => filledIn(one, { unit: units.unit })), granted, refused, pain, effects, relief];
};

/** The cells of each day of a period, its date the first. */
function cellsOf(course: Course, period: Period, units: Units): readonly (readonly string[])[] {
  const own = words.table;
  const said = new Map<number, Course["diary"][number][]>();
  for (const { it, since } of inPeriod(course.days, period, course.diary, (one) => one.at_ms)) said.set(Math.floor(since), [...(said.get(Math.floor(since)) ?? []), it]);
  const mass = (ng: number | undefined) => (ng === undefined ? own.unknown : String(rounded(ng / units.ng)));
  const percent = (perMille: number) => Number((perMille / 10).toFixed(1));
  return daysOf(course.days, period).map((day, i) => {
    if (day === null) return columnsOf(units).map(() => "");
    const entries = said.get(i) ?? [];
    const pains = entries.flatMap(({ pain }) => (pain === undefined ? [] : [pain]));
    const mean = pains.reduce((sum, one) => sum + one, 0) / pains.length;
    const given = mass(day.given_ng);
    const known = day.covered_min > 0;
    return [
      date.format(noonOf(day)),
      known ? (partlyKnown(course.days, period.from + i) ? filledIn(own.partly, { value: given, minutes: day.covered_min }) : given) : own.unknown,
      known ? mass(day.bolus_ng) : own.unknown,
      mass(day.prescribed_ng),
      known ? String(day.granted) : own.unknown,
      known ? String(day.refused) : own.unknown,
      pains.length > 0 ? filledIn(own.pains, { mean: rounded(mean, 2), count: pains.length }) : "",
      [...new Set(entries.flatMap(({ effects }) => effects))].join(", "),
      day.relief ? filledIn(own.band, { median: percent(day.relief.median), p5: percent(day.relief.p5), p95: percent(day.relief.p95) }) : "",
    ];
  });
}

function AsTable({ course, main, other, units }: { readonly course: Course; readonly main: Period; readonly other: Period | null; readonly units: Units }) {
  const [open, setOpen] = useState(false);
  const own = words.table;
  const columns = columnsOf(units);
  const periods = other ? [main, other] : [main];
  const cells = open ? periods.map((period) => cellsOf(course, period, units)) : [];
  return (
    <details className={styles["fold"]} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{own.title}</summary>
      {open && (
        <>
          <p className={styles["quietly"]}>{own.how}</p>
          <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={own.title}>
            <table className={`${styles["rows"]} ${styles["trail"]}`}>
              <caption className="theca-unseen">{own.title}</caption>
              <thead>
                {other && (
                  <tr>
                    <th scope="colgroup" colSpan={columns.length}>
                      {own.main}
                    </th>
                    <th scope="colgroup" colSpan={columns.length}>
                      {own.other}
                    </th>
                  </tr>
                )}
                <tr>
                  {periods.flatMap((_, which) =>
                    columns.map((name) => (
                      <th key={`${which} ${name}`} scope="col">
                        {name}
                      </th>
                    )),
                  )}
                </tr>
              </thead>
              <tbody>
                {(cells[0] ?? []).map(([day, ...values], i) => (
                  <tr key={day}>
                    <th scope="row">{day}</th>
                    {[...values, ...(cells[1]?.[i] ?? [])].map((value, place) => (
                      <td key={place}>{value}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </details>
  );
}

interface Event {
  readonly at_ms: number;
  readonly text: string;
}
/** So many stand there at once. */
const shownEvents = 12;

function Events({ events, none }: { readonly events: readonly Event[]; readonly none: string }) {
  if (events.length === 0) return <p>{none}</p>;
  const newestFirst = events.toSorted((one, other) => other.at_ms - one.at_ms);
  const list = (of: readonly Event[]) => (
    <ul className={styles["notes"]}>
      {of.map(({ at_ms, text }, i) => (
        <li key={i}>
          <strong>{clock.format(at_ms)}</strong>: {text}
        </li>
      ))}
    </ul>
  );
  return (
    <>
      {list(newestFirst.slice(0, shownEvents))}
      {newestFirst.length > shownEvents && (
        <details className={styles["fold"]}>
          <summary>{filledIn(words.events.all, { count: newestFirst.length - shownEvents })}</summary>
          {list(newestFirst.slice(shownEvents))}
        </details>
      )}
    </>
  );
}

/** Each once, where periods overlap as well. */
const ordersIn = (course: Course, periods: readonly Period[]): readonly Event[] => {
  const found = new Set(periods.flatMap((period) => inPeriod(course.days, period, course.prescriptions, (one) => one.at_ms).map(({ it }) => it)));
  return [...found].map(({ at_ms, number, words: says }) => ({ at_ms, text: filledIn(words.events.order, { number, words: says }) }));
};

const eventsIn = (course: Course, period: Period): readonly Event[] => [
  ...spansIn(course.days, period, course.alarms, course.now_ms).map(({ it }) => ({
    at_ms: it.raised_ms,
    text: it.cleared_ms === undefined ? filledIn(words.events.stands, { name: it.name }) : filledIn(words.events.alarm, { name: it.name, cleared: clock.format(it.cleared_ms) }),
  })),
  ...inPeriod(course.days, period, course.marks, (one) => one.at_ms).map(({ it }) => ({ at_ms: it.at_ms, text: it.what })),
];

function Refills({ course }: { readonly course: Course }) {
  const own = words.refills;
  const milli = (value: number | undefined) => (value === undefined ? own.unknown : (value / 1000).toFixed(2));
  const volume = (nanolitres: number | undefined) => (nanolitres === undefined ? own.unknown : millilitres(nanolitres));
  const limit = String(course.cusum.limit_milli / 1000);
  return (
    <section>
      <h2 className={styles["second"]}>{own.title}</h2>
      {course.refills.length === 0 ? (
        <p>{own.none}</p>
      ) : (
        <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={own.title}>
          <table className={`${styles["rows"]} ${styles["trail"]}`}>
            <caption className="theca-unseen">{own.title}</caption>
            <thead>
              <tr>
                {own.columns.map((name) => (
                  <th key={name} scope="col">
                    {filledIn(name, { limit })}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {course.refills
                .toSorted((one, other) => other.at_ms - one.at_ms)
                .map((one) => {
                  const says = own.says[drift(one, course.cusum.limit_milli)];
                  return (
                    <tr key={one.at_ms} data-flagged={one.flagged === true}>
                      <th scope="row">{date.format(one.at_ms)}</th>
                      <td>{millilitres(one.filled_nl)}</td>
                      <td>{volume(one.expected_nl)}</td>
                      <td>{volume(one.aspirated_nl)}</td>
                      <td>{one.ratio_ppm === undefined ? own.unknown : filledIn(words.sums.percent, { n: (one.ratio_ppm / 10_000).toFixed(1) })}</td>
                      <td>{filledIn(own.sums, { high: milli(one.high_milli), low: milli(one.low_milli) })}</td>
                      <td data-wraps>{one.flagged ? filledIn(own.flagged, { words: says }) : says}</td>
                    </tr>
                  );
                })}
            </tbody>
          </table>
        </div>
      )}
      <details className={styles["fold"]}>
        <summary>{own.how}</summary>
        <p>{filledIn(own.reckoned, { allowance: course.cusum.allowance_milli / 1000, limit })}</p>
      </details>
    </section>
  );
}

function Shown({ course }: { readonly course: Course }) {
  const { days } = course;
  const [chosen, setChosen] = useState<Chosen>(() => ({ length: 28, main: newest(days, 28), beside: "nothing", day: "" }));
  const units: Units = { unit: course.unit ?? "mcg", ng: course.ng_per_unit ?? (course.unit === "mg" ? 1e6 : 1e3) };
  const { main } = chosen;
  const other = otherOf(days, chosen);
  const besideRange = other && rangeOf(days, other);
  const events = words.events;
  return (
    <>
      <Controls days={days} chosen={chosen} onChosen={setChosen} />
      <section>
        <h2 className={styles["second"]}>{words.picture.title}</h2>
        <p className={styles["quietly"]}>
          {words.picture.how} {course.drug !== undefined && filledIn(words.fluid, { drug: course.drug })}
        </p>
        {other && (
          <div className={styles["legend"]}>
            <div>
              <span data-line="then" /> {filledIn(words.period.main, { range: rangeOf(days, main) ?? "" })}
            </div>
            <div>
              <span data-line="other" /> {besideRange === null ? words.period.otherNone : filledIn(words.period.other, { range: besideRange })}
            </div>
          </div>
        )}
        <Picture course={course} main={main} other={other} units={units} />
      </section>
      <InNumbers course={course} main={main} other={other} units={units} />
      <AsTable course={course} main={main} other={other} units={units} />
      <section>
        <h2 className={styles["second"]}>{events.orders}</h2>
        <Events events={ordersIn(course, other ? [main, other] : [main])} none={events.noOrders} />
        <h2 className={styles["second"]}>{events.title}</h2>
        <Events events={eventsIn(course, main)} none={events.none} />
        {besideRange != null && other && (
          <>
            <h3 className={styles["second"]}>{filledIn(events.of, { range: besideRange })}</h3>
            <Events events={eventsIn(course, other)} none={events.none} />
          </>
        )}
      </section>
    </>
  );
}

export function FollowPage({ patient, pump }: { readonly patient: number; readonly pump: number }) {
  const who = useAnswer("readPatient", { patient });
  const [known, setKnown] = useState<{ readonly turn: number; readonly course: Course } | null>(null);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let here = true;
    void readCourse(pump).then((told) => {
      if (!here) return;
      setReasons(told.ok ? [] : told.reasons);
      if (told.ok) setKnown({ turn, course: told.it });
    });
    return () => {
      here = false;
    };
  }, [pump, turn]);
  const again = () => setTurn((before) => before + 1);
  const its = who?.ok ? who.it.pumps.find((one) => one.pump === pump) : undefined;
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "pump", patient, pump })}>{words.back}</a>
      </p>
      {who && !who.ok && <Reasons reasons={who.reasons} />}
      {who?.ok && its && <Identity patient={who.it} pump={its} drug={known?.course.drug} />}
      <section className={styles["card"]}>
        <Heading>{words.title}</Heading>
        <p>{words.how}</p>
        <Reasons reasons={reasons} />
        {known === null && reasons.length === 0 && <Busy>{texts.loading}</Busy>}
        {known && (
          <>
            <div className={styles["sideBySide"]}>
              <Journal pump={pump} course={known.course} onRead={again} />
              <Bring pump={pump} course={known.course} onBrought={again} />
            </div>
            {known.course.days.length > 0 && <Shown key={known.turn} course={known.course} />}
            <Refills course={known.course} />
          </>
        )}
      </section>
    </>
  );
}
