// The lanes of one or two periods: dose, boluses, pain, the virtual patients, refills, alarms. The drawings are without
// words of their own, so that those stay readable at any width; all of them stand in tables and lists as well.
import { type ReactNode } from "react";

import styles from "./clinic.module.css";
import {
  type Course,
  type Day,
  daysOf,
  endsOf,
  inPeriod,
  isKnown,
  lengthOf,
  noonOf,
  partlyKnown,
  type Period,
  type Relief,
  roundUp,
  runs,
  type Span,
  spansIn,
} from "./follow_periods";
import { filledIn, texts } from "./texts";

const words = texts.follow.picture;
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const wide = 1000;
const high = 100;

/** Where a day of the period stands in a lane. */
type Across = (day: number) => number;
const at = (value: number) => value.toFixed(2);
const bar = (x: number, width: number, y: number, height: number) => (height > 0 ? `M${at(x)} ${at(y)}h${at(width)}v${at(height)}h${at(-width)}z` : "");
const point = (x: number, y: number) => `M${at(x)} ${at(y)}h.01`;
const tick = (x: number, y: number, height: number) => `M${at(x)} ${at(y)}v${at(-height)}`;

/** With gaps between the days as long as there is room for them. */
function barOf(across: Across, place: number, inset: number): readonly [x: number, width: number] {
  const width = across(1) - across(0);
  return [across(place) + width * inset, width * (1 - 2 * inset)];
}

interface Seen {
  readonly course: Course;
  readonly main: Period;
  readonly other: Period | null;
  readonly across: Across;
}

function Lane({ id, title, how, scale, seen, unknown = false, children }: {
  readonly id: string;
  readonly title: string;
  readonly how: string;
  /** Lines across the lane, from 0 at its top to 100, and what is written at them. */
  readonly scale: readonly (readonly [level: number, label: string])[];
  readonly seen: Seen;
  /** Days that the journal does not know are told. */
  readonly unknown?: boolean;
  readonly children: ReactNode;
}) {
  const { course, main, across } = seen;
  const days = daysOf(course.days, main);
  const hatched = days.map((day, i) => {
    const [x, width] = [across(i), across(1)];
    if (!isKnown(day)) return bar(x, width, 0, high);
    return partlyKnown(course.days, main.from + i) ? bar(x, width, 0, high / 12) : "";
  });
  const changes = inPeriod(course.days, main, course.prescriptions, (one) => one.at_ms);
  return (
    <div className={styles["lane"]} data-lane={id}>
      <h3>{title}</h3>
      <p>{how}</p>
      <div className={styles["laneScale"]} aria-hidden>
        {scale.map(([level, label]) => (
          <span key={level} style={{ top: `${level}%` }}>
            {label}
          </span>
        ))}
      </div>
      <svg viewBox={`0 0 ${wide} ${high}`} preserveAspectRatio="none" aria-hidden>
        <defs>
          <pattern id={`follow-${id}-unknown`} width="14" height="7" patternUnits="userSpaceOnUse">
            <path d="M-3.5 8.75l21-10.5M-10.5 5.25l21-10.5M3.5 12.25l21-10.5" className={styles["unknownLine"]} />
          </pattern>
          <pattern id={`follow-${id}-asked`} width="10" height="4" patternUnits="userSpaceOnUse">
            <path d="M0 2h10" className={styles["askedLine"]} />
          </pattern>
        </defs>
        {scale.map(([level]) => (
          <line key={level} x1={0} x2={wide} y1={level} y2={level} className={styles["hour"]} vectorEffect="non-scaling-stroke" />
        ))}
        {[0, wide / 2, wide].map((x) => (
          <line key={x} x1={x} x2={x} y1={0} y2={high} className={styles["hour"]} vectorEffect="non-scaling-stroke" />
        ))}
        {unknown && (
          <>
            <path d={hatched.join("")} className={styles["unknownDay"]} />
            <path d={hatched.join("")} fill={`url(#follow-${id}-unknown)`} data-unknown={days.filter((day) => !isKnown(day)).length} />
          </>
        )}
        {children}
        {changes.map(({ it, since }) => (
          <line key={it.number} x1={across(since)} x2={across(since)} y1={0} y2={high} className={styles["orderChange"]} vectorEffect="non-scaling-stroke" />
        ))}
      </svg>
    </div>
  );
}

const Drawn = ({ d, of }: { readonly d: string; readonly of: string }) => (d === "" ? null : <path d={d} className={styles[of]} vectorEffect="non-scaling-stroke" />);

export interface Units {
  readonly unit: string;
  readonly ng: number;
}

function Dose({ seen, units }: { readonly seen: Seen; readonly units: Units }) {
  const { course, main, other, across } = seen;
  const days = daysOf(course.days, main);
  const beside = other ? daysOf(course.days, other) : [];
  // A day that is known in part is drawn as it would be by itself in 24 h: a shorter day is no smaller dose.
  const known = (day: Day | null) => {
    if (!isKnown(day)) return null;
    const whole = 1440 / day.covered_min;
    return {
      ...day,
      ...(day.given_ng === undefined ? {} : { given_ng: day.given_ng * whole }),
      ...(day.bolus_ng === undefined ? {} : { bolus_ng: day.bolus_ng * whole }),
    };
  };
  const top = roundUp(Math.max(...[...days, ...beside].map((day) => Math.max(known(day)?.given_ng ?? 0, known(day)?.prescribed_ng ?? 0))) / units.ng);
  const y = (ng: number) => high - (ng / units.ng / top) * high;
  const basal: string[] = [];
  const asked: string[] = [];
  days.forEach((day, i) => {
    const given = known(day)?.given_ng;
    if (given === undefined) return;
    const bolus = Math.min(given, known(day)?.bolus_ng ?? 0);
    const [x, width] = barOf(across, i, 0.12);
    basal.push(bar(x, width, y(given - bolus), y(0) - y(given - bolus)));
    asked.push(bar(x, width, y(given), y(given - bolus) - y(given)));
  });
  const hollow = beside.map((day, i) => {
    const given = known(day)?.given_ng;
    if (given === undefined) return "";
    const [x, width] = barOf(across, i, 0.04);
    return bar(x, width, y(given), y(0) - y(given));
  });
  const ordered = (of: readonly (Day | null)[]) =>
    runs(of.map((day) => known(day)?.prescribed_ng))
      .map(({ from, values }) => `M${at(across(from))} ${at(y(values[0] ?? 0))}${values.map((value, i) => `V${at(y(value))}H${at(across(from + i + 1))}`).join("")}`)
      .join("");
  const number = (value: number) => String(Number(value.toPrecision(3)));
  return (
    <Lane id="dose" title={filledIn(words.dose, { unit: units.unit })} how={words.doseHow} scale={[[0, number(top)], [50, number(top / 2)], [100, "0"]]} seen={seen} unknown>
      <Drawn d={basal.join("")} of="doseBar" />
      <path d={asked.join("")} fill="url(#follow-dose-asked)" className={styles["askedBar"]} vectorEffect="non-scaling-stroke" />
      <Drawn d={hollow.join("")} of="otherBar" />
      <Drawn d={ordered(beside)} of="otherLine" />
      <Drawn d={ordered(days)} of="orderedLine" />
    </Lane>
  );
}

function Boluses({ seen }: { readonly seen: Seen }) {
  const { course, main, other, across } = seen;
  const days = daysOf(course.days, main);
  const beside = other ? daysOf(course.days, other) : [];
  const top = Math.ceil(roundUp(Math.max(1, ...[...days, ...beside].filter(isKnown).map((day) => Math.max(day.granted, day.refused)))));
  const tall = (count: number) => (count / top) * (high / 2);
  const bars = (of: readonly (Day | null)[], inset: number, what: "granted" | "refused") =>
    of
      .map((day, i) => {
        if (!isKnown(day)) return "";
        const [x, width] = barOf(across, i, inset);
        return bar(x, width, what === "granted" ? high / 2 - tall(day.granted) : high / 2, tall(day[what]));
      })
      .join("");
  return (
    <Lane id="boluses" title={words.boluses} how={words.bolusesHow} scale={[[0, String(top)], [50, "0"], [100, String(top)]]} seen={seen} unknown>
      <line x1={0} x2={wide} y1={high / 2} y2={high / 2} className={styles["axisLine"]} vectorEffect="non-scaling-stroke" />
      <Drawn d={bars(days, 0.2, "granted")} of="doseBar" />
      <Drawn d={bars(days, 0.2, "refused")} of="hollowBar" />
      <Drawn d={bars(beside, 0.06, "granted") + bars(beside, 0.06, "refused")} of="otherBar" />
    </Lane>
  );
}

/** What is told instead of a lane that has nothing to show. */
function NoLane({ id, title, why }: { readonly id: string; readonly title: string; readonly why: string }) {
  return (
    <div className={styles["lane"]} data-lane={id} data-empty="true">
      <h3>{title}</h3>
      <p>{why}</p>
    </div>
  );
}

function Pain({ seen }: { readonly seen: Seen }) {
  const { course, main, other, across } = seen;
  if (course.diary_ms === undefined && course.diary.length === 0) return <NoLane id="pain" title={words.pain} why={texts.follow.bring.never} />;
  const y = (pain: number) => 85 - pain * 8.5;
  const entries = (of: Period | null) => (of ? inPeriod(course.days, of, course.diary, (one) => one.at_ms) : []);
  const dots = (of: Period | null) => entries(of).map(({ it, since }) => (it.pain === undefined ? "" : point(across(since), y(it.pain)))).join("");
  const effects = (of: Period | null) => entries(of).map(({ it, since }) => (it.effects.length > 0 ? tick(across(since), high, 10) : "")).join("");
  return (
    <Lane id="pain" title={words.pain} how={words.painHow} scale={[[0, "10"], [42.5, "5"], [85, "0"]]} seen={seen}>
      <Drawn d={effects(other)} of="otherTick" />
      <Drawn d={dots(other)} of="otherDot" />
      <Drawn d={dots(other)} of="otherDotCore" />
      <Drawn d={effects(main)} of="effectTick" />
      <Drawn d={dots(main)} of="dot" />
    </Lane>
  );
}

/** Through the middle of each day, from the beginning of the first to the end of the last. */
function through(across: Across, from: number, levels: readonly number[]): readonly string[] {
  const y = (perMille: number) => high - perMille / 10;
  const inner = levels.map((level, i) => `${at(across(from + i + 0.5))} ${at(y(level))}`);
  return [`${at(across(from))} ${at(y(levels[0] ?? 0))}`, ...inner, `${at(across(from + levels.length))} ${at(y(levels.at(-1) ?? 0))}`];
}

function Twin({ seen }: { readonly seen: Seen }) {
  const { twin } = seen.course;
  const title = twin.relieves === "spasticity" ? words.twinSpasticity : words.twin;
  if (twin.is === "not played") return <NoLane id="twin" title={title} why={`${words.notPlayed} ${twin.why ?? words.notPlayedWhy}`} />;
  if (twin.relieves === "nothing") return <NoLane id="twin" title={words.twinNothing} why={words.relievesNothing} />;
  const reliefs = (period: Period | null) => runs(period ? daysOf(seen.course.days, period).map((day) => day?.relief) : []);
  const line = (of: ReturnType<typeof reliefs>, which: keyof Relief) => of.map(({ from, values }) => `M${through(seen.across, from, values.map((one) => one[which])).join("L")}`).join("");
  const band = reliefs(seen.main)
    .map(({ from, values }) => {
      const side = (which: keyof Relief) => through(seen.across, from, values.map((one) => one[which]));
      return `M${[...side("p95"), ...side("p5").toReversed()].join("L")}Z`;
    })
    .join("");
  const beside = reliefs(seen.other);
  return (
    <Lane id="twin" title={title} how={filledIn(words.twinHow, { patients: twin.patients ?? 0 })} scale={[[0, "100"], [50, "50"], [100, "0"]]} seen={seen} unknown>
      <Drawn d={band} of="then" />
      <Drawn d={line(beside, "p5") + line(beside, "p95")} of="before" />
      <Drawn d={line(beside, "median")} of="beforeLine" />
      <Drawn d={line(reliefs(seen.main), "median")} of="thenLine" />
    </Lane>
  );
}

function Refills({ seen }: { readonly seen: Seen }) {
  const { course, main, other, across } = seen;
  if (course.refills.length === 0) return <NoLane id="refills" title={words.refills} why={words.noRefills} />;
  const refills = (of: Period | null) => (of ? inPeriod(course.days, of, course.refills, (one) => one.at_ms) : []);
  const off = [...refills(main), ...refills(other)].map(({ it }) => Math.abs((it.ratio_ppm ?? 1e6) / 1e6 - 1));
  const most = Math.max(0.1, roundUp(Math.max(0, ...off)));
  const y = (ppm: number) => high / 2 - ((ppm / 1e6 - 1) / most) * (high / 2);
  const points = (of: Period | null, flagged: boolean) =>
    refills(of)
      .map(({ it, since }) => (it.ratio_ppm === undefined || (it.flagged === true) !== flagged ? "" : point(across(since), y(it.ratio_ppm))))
      .join("");
  const untold = (of: Period | null) => refills(of).map(({ it, since }) => (it.ratio_ppm === undefined ? tick(across(since), high / 2 + 8, 16) : "")).join("");
  const percent = (share: number) => String(Number((share * 100).toPrecision(4)));
  return (
    <Lane id="refills" title={words.refills} how={words.refillsHow} scale={[[0, percent(1 + most)], [50, "100"], [100, percent(1 - most)]]} seen={seen}>
      <line x1={0} x2={wide} y1={high / 2} y2={high / 2} className={styles["axisLine"]} vectorEffect="non-scaling-stroke" />
      <Drawn d={untold(other)} of="otherTick" />
      <Drawn d={points(other, true)} of="otherSquare" />
      <Drawn d={points(other, true)} of="squareCore" />
      <Drawn d={points(other, false)} of="otherDot" />
      <Drawn d={points(other, false)} of="otherDotCore" />
      <Drawn d={untold(main)} of="effectTick" />
      <Drawn d={points(main, true)} of="square" />
      <Drawn d={points(main, true)} of="squareCore" />
      <Drawn d={points(main, false)} of="dot" />
    </Lane>
  );
}

function Alarms({ seen }: { readonly seen: Seen }) {
  const { course, main, other, across } = seen;
  const spans = (of: Period | null) => (of ? spansIn(course.days, of, course.alarms, course.now_ms) : []);
  const rows = Math.max(2, ...[...spans(main), ...spans(other)].map(({ row }) => row + 1));
  const tall = 80 / rows;
  const bars = (of: readonly Span[], inset: number) =>
    of.map(({ from, to, row }) => bar(across(from), Math.max(1.5, across(to) - across(from)), (row + inset) * tall, tall * (1 - 2 * inset))).join("");
  const marks = (of: Period | null) => (of ? inPeriod(course.days, of, course.marks, (one) => one.at_ms) : []).map(({ since }) => tick(across(since), high, 14)).join("");
  return (
    <Lane id="alarms" title={words.alarms} how={words.alarmsHow} scale={[[83, ""], [100, ""]]} seen={seen}>
      <Drawn d={bars(spans(main), 0.2)} of="alarmBar" />
      <Drawn d={marks(main)} of="effectTick" />
      <Drawn d={bars(spans(other), 0.08)} of="otherBar" />
      <Drawn d={marks(other)} of="otherTick" />
    </Lane>
  );
}

function Dates({ days, period, of }: { readonly days: readonly Day[]; readonly period: Period; readonly of: "main" | "other" }) {
  const length = lengthOf(period);
  const shown = [period.from, period.from + Math.floor(length / 2), period.to - 1].map((place) => days[place]);
  return (
    <div data-of={of}>
      {shown.map((day, i) => (
        <span key={i}>{day ? date.format(noonOf(day)) : ""}</span>
      ))}
    </div>
  );
}

export function Picture({ course, main, other, units }: {
  readonly course: Course;
  readonly main: Period;
  readonly other: Period | null;
  readonly units: Units;
}) {
  const length = Math.max(1, lengthOf(main));
  const beside = other && endsOf(course.days, other) ? other : null;
  const seen: Seen = { course, main, other: beside, across: (day) => (day / length) * wide };
  return (
    <div className={styles["lanes"]}>
      <Dose seen={seen} units={units} />
      <Boluses seen={seen} />
      <Pain seen={seen} />
      <Twin seen={seen} />
      <Refills seen={seen} />
      <Alarms seen={seen} />
      <div className={styles["dates"]} aria-hidden>
        <Dates days={course.days} period={main} of="main" />
        {beside && <Dates days={course.days} period={beside} of="other" />}
      </div>
    </div>
  );
}
