// A flex schedule: doses by the hour of the day, drawn on a strip of 24 hours or typed in the table beneath it. Both are
// one schedule; what is dragged snaps, what is typed stands as typed.
import { useEffect, useRef, useState } from "react";

import { type NumberField, readEntry } from "../shared/number_entry";
import type { Asked } from "./api";
import type { Therapy } from "./change_step";
import styles from "./clinic.module.css";
import { type DoseEntry, DoseField } from "./dose_field";
import { Action } from "./parts";
import { filledIn, texts } from "./texts";

const minutesPerDay = 1440;
const snapMinutes = 15;
export const mostSteps = 24;
export const mostDays = 7;
const weekdayCount = 7;

export interface FlexStep {
  /** Stays while it is moved. */
  readonly id: number;
  readonly from: number;
  readonly dose: DoseEntry;
  /** Goes up when the dose was dragged: the field then shows what was dragged. */
  readonly drawn: number;
}
export interface FlexDay {
  readonly id: number;
  readonly weekdays: readonly number[];
  readonly steps: readonly FlexStep[];
}
export type Flex = readonly FlexDay[];

let ids = 0;
const newId = () => ++ids;
const entry = (text: string): DoseEntry => ({ text, value: text === "" ? null : text });
const step = (from: number, dose: string): FlexStep => ({ id: newId(), from, dose: entry(dose), drawn: 0 });

/** What runs, as the beginning of a change; one rate all day where no schedule runs. */
export function flexOf(therapy: Therapy, field: NumberField): Flex {
  const written = (dose: string) => (readEntry(dose, field).ok ? dose : "");
  if (therapy.flex.length === 0)
    return [{ id: newId(), weekdays: [0, 1, 2, 3, 4, 5, 6], steps: [step(0, written(therapy.daily_dose))] }];
  return therapy.flex.map(({ weekdays, steps }) => ({
    id: newId(),
    weekdays,
    steps: steps.map(({ from_minute, dose }) => step(from_minute, written(dose))),
  }));
}

/** The body that asks for it, or null while a dose is missing. */
export function flexBody(flex: Flex, unit: string): Asked["draftChange"]["body"]["flex"] | null {
  const days = [];
  for (const { weekdays, steps } of flex) {
    const ordered = [];
    for (const { from, dose } of steps) {
      if (dose.value === null) return null;
      ordered.push({ from_minute: from, dose: `${dose.value} ${unit}` });
    }
    days.push({ weekdays, steps: ordered });
  }
  return days;
}

export const clockText = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
const quarters = Array.from({ length: minutesPerDay / snapMinutes - 1 }, (_, i) => (i + 1) * snapMinutes);
/** Every quarter of an hour, and the minute that runs. */
const timesFor = (now: number, first: boolean) => {
  if (first) return [0];
  return quarters.includes(now) ? quarters : [...quarters, now].sort((a, b) => a - b);
};

/** Of a whole day, in the unit of a day; null while a dose is missing. */
export function dayTotal({ steps }: FlexDay): number | null {
  let total = 0;
  for (const [i, { from, dose }] of steps.entries()) {
    if (dose.value === null) return null;
    total += Number(dose.value) * (((steps[i + 1]?.from ?? minutesPerDay) - from) / minutesPerDay);
  }
  return total;
}
const short = (value: number) => String(Number(value.toPrecision(4)));

/** A round number: 1, 2 or 5 and zeros, about a fiftieth of the largest dose and no finer than the field. */
function snapOf(most: number, field: NumberField): number {
  const least = Number(field.writable.text);
  const wanted = Math.max(most / 50, least);
  const ten = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((one) => one * ten).find((one) => one >= wanted * 0.999) ?? least;
}

const width = 960;
const height = 170;
const bottom = 140;
const x = (minute: number) => (minute / minutesPerDay) * width;

/** The strip. The table says the same; nobody needs a pointer. */
function Strip({ day, field, onSteps }: {
  readonly day: FlexDay;
  readonly field: NumberField;
  readonly onSteps: (steps: readonly FlexStep[]) => void;
}) {
  const strip = useRef<SVGSVGElement>(null);
  const doses = day.steps.map(({ dose }) => (dose.value === null ? 0 : Number(dose.value)));
  const [top, setTop] = useState(() => Math.max(...doses, Number(field.least.text)) * 1.4);
  const dragged = useRef<{ readonly id: number; readonly what: "from" | "dose" } | null>(null);
  const largest = Math.max(...doses);
  useEffect(() => {
    // Room above; not while something is in the hand, for it would run away from it.
    if (dragged.current === null && (largest > top * 0.95 || largest < top * 0.3) && largest > 0) setTop(largest * 1.4);
  }, [largest, top]);
  const y = (dose: number) => bottom - (Math.min(dose, top) / top) * (bottom - 12);

  const move = (event: React.PointerEvent) => {
    const hold = dragged.current;
    const box = strip.current?.getBoundingClientRect();
    if (!hold || !box) return;
    const i = day.steps.findIndex(({ id }) => id === hold.id);
    const now = day.steps[i];
    if (!now) return;
    let changed: FlexStep;
    if (hold.what === "from") {
      const minute = ((event.clientX - box.left) / box.width) * minutesPerDay;
      const least = (day.steps[i - 1]?.from ?? 0) + snapMinutes;
      const most = (day.steps[i + 1]?.from ?? minutesPerDay) - snapMinutes;
      const from = Math.min(Math.max(Math.round(minute / snapMinutes) * snapMinutes, least), most);
      if (from === now.from) return;
      changed = { ...now, from };
    } else {
      const up = bottom - ((event.clientY - box.top) / box.height) * height;
      const snap = snapOf(top / 1.4, field);
      const steps = Math.round(((up / (bottom - 12)) * top) / snap);
      const decimals = Math.max(0, -Math.floor(Math.log10(snap)));
      const text = String(Number((Math.max(steps, 0) * snap).toFixed(decimals)));
      if (text === now.dose.text || !readEntry(text, field).ok) return;
      changed = { ...now, dose: entry(text), drawn: now.drawn + 1 };
    }
    onSteps(day.steps.map((one) => (one.id === hold.id ? changed : one)));
  };
  const take = (id: number, what: "from" | "dose") => (event: React.PointerEvent) => {
    dragged.current = { id, what };
    strip.current?.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  return (
    <svg
      ref={strip}
      className={styles["strip"]}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden
      onPointerMove={move}
      onPointerUp={() => (dragged.current = null)}
      onPointerCancel={() => (dragged.current = null)}
    >
      {[0, 6, 12, 18, 24].map((hour) => (
        <g key={hour}>
          <line x1={x(hour * 60)} x2={x(hour * 60)} y1={8} y2={bottom} className={styles["hour"]} />
          <text x={Math.min(Math.max(x(hour * 60), 20), width - 20)} y={bottom + 22} textAnchor="middle">
            {clockText(hour * 60)}
          </text>
        </g>
      ))}
      {day.steps.map(({ id, from }, i) => {
        const until = day.steps[i + 1]?.from ?? minutesPerDay;
        const level = y(doses[i] ?? 0);
        return (
          <g key={id}>
            <rect x={x(from)} width={x(until - from)} y={level} height={bottom - level} className={styles["given"]} />
            <line x1={x(from)} x2={x(until)} y1={level} y2={level} className={styles["level"]} />
            <rect
              data-drag="dose"
              x={x(from)}
              width={x(until - from)}
              y={level - 14}
              height={28}
              className={styles["grip"]}
              onPointerDown={take(id, "dose")}
            />
          </g>
        );
      })}
      {day.steps.slice(1).map(({ id, from }) => (
        <g key={id}>
          <line x1={x(from)} x2={x(from)} y1={8} y2={bottom} className={styles["change"]} />
          <rect
            data-drag="from"
            x={x(from) - 12}
            width={24}
            y={8}
            height={bottom - 8}
            className={styles["grip"]}
            onPointerDown={take(id, "from")}
          />
        </g>
      ))}
    </svg>
  );
}

function Day({ day, many, field, unit, insist, onDay, onRemove, taken }: {
  readonly day: FlexDay;
  readonly many: boolean;
  readonly field: NumberField;
  readonly unit: string;
  readonly insist: boolean;
  readonly onDay: (day: FlexDay) => void;
  readonly onRemove: () => void;
  readonly taken: (weekday: number) => void;
}) {
  const steps = (to: readonly FlexStep[]) => onDay({ ...day, steps: to });
  const change = (id: number, to: Partial<FlexStep>) =>
    steps(day.steps.map((one) => (one.id === id ? { ...one, ...to } : one)).sort((a, b) => a.from - b.from));
  const add = () => {
    // In the middle of the longest stretch; its dose is to be written.
    const ends = day.steps.map(({ from }, i) => ({ from, until: day.steps[i + 1]?.from ?? minutesPerDay }));
    const longest = ends.reduce((most, one) => (one.until - one.from > most.until - most.from ? one : most));
    const middle = Math.round((longest.from + longest.until) / 2 / snapMinutes) * snapMinutes;
    steps([...day.steps, step(middle, "")].sort((a, b) => a.from - b.from));
  };
  const total = dayTotal(day);
  const name = day.weekdays.map((one) => texts.flex.weekdays[one]).join(", ") || texts.flex.noDay;
  return (
    <fieldset className={styles["group"]}>
      <legend>{name}</legend>
      <div className={styles["choices"]}>
        {texts.flex.weekdays.map((weekday, i) => (
          <label key={weekday}>
            <input type="checkbox" checked={day.weekdays.includes(i)} disabled={!many} onChange={() => taken(i)} /> {weekday}
          </label>
        ))}
      </div>
      <Strip day={day} field={field} onSteps={steps} />
      <ol className={styles["flexRows"]}>
        {day.steps.map((one, i) => (
          <li key={one.id}>
            <label className={styles["clock"]}>
              {texts.flex.from}
              {/* No time input: where a day has twice twelve hours, midnight and noon look alike. */}
              <select
                aria-label={texts.flex.from}
                value={one.from}
                disabled={i === 0}
                onChange={(event) => change(one.id, { from: Number(event.currentTarget.value) })}
              >
                {timesFor(one.from, i === 0).map((minute) => (
                  <option key={minute} value={minute}>
                    {clockText(minute)}
                  </option>
                ))}
              </select>
            </label>
            <DoseField
              key={one.drawn}
              label={filledIn(texts.flex.dose, { from: clockText(one.from) })}
              field={field}
              typedBefore={one.dose.text}
              insist={insist}
              onChange={(dose) => change(one.id, { dose })}
            />
            {i > 0 && (
              <Action quiet onClick={() => steps(day.steps.filter(({ id }) => id !== one.id))}>
                {filledIn(texts.flex.remove, { from: clockText(one.from) })}
              </Action>
            )}
          </li>
        ))}
      </ol>
      <p className={styles["headline"]}>{filledIn(texts.flex.total, { total: total === null ? "–" : `${short(total)} ${unit}` })}</p>
      <div className={styles["actions"]}>
        {day.steps.length < mostSteps && (
          <Action quiet onClick={add}>
            {texts.flex.addStep}
          </Action>
        )}
        {many && (
          <Action quiet onClick={onRemove}>
            {texts.flex.removeDay}
          </Action>
        )}
      </div>
    </fieldset>
  );
}

export function FlexEditor({ flex, field, unit, insist, onFlex }: {
  readonly flex: Flex;
  readonly field: NumberField;
  readonly unit: string;
  readonly insist: boolean;
  readonly onFlex: (flex: Flex) => void;
}) {
  /** A weekday is in one schedule: taken by one it leaves the other, and given up it goes to the next. */
  const take = (to: number, weekday: number) => {
    const owner = flex.findIndex(({ weekdays }) => weekdays.includes(weekday));
    const goes = owner === to ? (to + 1) % flex.length : to;
    onFlex(
      flex.map((day, i) => ({
        ...day,
        weekdays:
          i === goes
            ? [...new Set([...day.weekdays, weekday])].sort((a, b) => a - b)
            : day.weekdays.filter((one) => one !== weekday),
      })),
    );
  };
  const addDay = () => {
    const from = flex[0];
    if (!from) return;
    const steps = from.steps.map((one) => ({ ...one, id: newId(), drawn: 0 }));
    onFlex([...flex, { id: newId(), weekdays: [], steps }]);
  };
  const removeDay = (i: number) => {
    const gone = flex[i];
    const rest = flex.filter((_, at) => at !== i);
    onFlex(rest.map((day, at) => (at === 0 ? { ...day, weekdays: [...day.weekdays, ...(gone?.weekdays ?? [])].sort((a, b) => a - b) } : day)));
  };
  return (
    <>
      {flex.map((day, i) => (
        <Day
          key={day.id}
          day={day}
          many={flex.length > 1}
          field={field}
          unit={unit}
          insist={insist}
          onDay={(to) => onFlex(flex.map((one) => (one.id === day.id ? to : one)))}
          onRemove={() => removeDay(i)}
          taken={(weekday) => take(i, weekday)}
        />
      ))}
      {flex.length < Math.min(mostDays, weekdayCount) && (
        <div className={styles["actions"]}>
          <Action quiet onClick={addDay}>
            {texts.flex.addDay}
          </Action>
        </div>
      )}
    </>
  );
}
