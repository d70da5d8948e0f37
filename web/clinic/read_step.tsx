// The pump is read before anything of it can be changed; what it says is shown beside what the records say.
import { useState } from "react";

import type { Answered } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Heading, Reasons, Rows } from "./parts";
import { hashOf } from "./route";
import { filledIn, texts } from "./texts";

export type Reading = Answered["readPump"];

export interface Found {
  readonly reading: Reading;
  /** By this machine's clock, in milliseconds. */
  readonly readAt: number;
  readonly goodUntil: number;
}

/** As the pump's own state is called (docs/messages.md). */
const shelf = "on the shelf";
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const millilitres = (nanolitres: number) => `${Number((nanolitres / 1e6).toPrecision(4))} mL`;

function Tiles({ reading }: { readonly reading: Reading }) {
  const therapy = reading.therapy;
  const tiles: (readonly [string, string])[] = [
    [texts.tiles.state, reading.state],
    [texts.tiles.mode, reading.mode],
    [texts.tiles.flow, `${millilitres(reading.flow_nl_per_day)}/day`],
    [texts.tiles.reservoir, millilitres(reading.reservoir_earliest_nl)],
    [texts.tiles.alarms, reading.alarms.length === 0 ? texts.tiles.noAlarms : reading.alarms.join(", ")],
  ];
  if (therapy)
    tiles.unshift([
      filledIn(texts.tiles.dose, { drug: therapy.drug }),
      `${Number(Number(therapy.daily_dose).toPrecision(6))} ${therapy.dose.unit}`,
    ]);
  return (
    <dl className={styles["tiles"]}>
      {tiles.map(([name, value]) => (
        <div key={name} data-alarm={name === texts.tiles.alarms && reading.alarms.length > 0}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function RecordNote({ record }: { readonly record: Reading["record"] }) {
  if (record.is !== "differs") return <p className={styles["quietly"]}>{texts.read.record[record.is]}</p>;
  return (
    <div className={styles["check"]} role="alert">
      <p>
        <strong>{texts.read.record.differs}</strong>
      </p>
      <Rows rows={record.rows} columns={["Setting", "By the records", "Found"]} caption={texts.read.record.differs} />
    </div>
  );
}

export function ReadStep({ patient, pump, found, old, onFound, onNext, onFluid, onImplant, onOpen }: {
  readonly patient: number;
  readonly pump: number;
  readonly found: Found | null;
  readonly old: boolean;
  readonly onFound: (found: Found) => void;
  readonly onNext: () => void;
  /** Another drug or concentration is to be filled in. */
  readonly onFluid: () => void;
  /** A pump without an order gets its first therapy. */
  readonly onImplant: () => void;
  /** Look again whether a refill is open. */
  readonly onOpen: () => void;
}) {
  const [busy, setBusy] = useState<"no" | "reading" | "beginning">("no");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const onShelf = found !== null && found.reading.state === shelf && !found.reading.therapy;
  const refill = async () => {
    if (!found) return;
    setBusy("beginning");
    setReasons([]);
    const told = await ask("beginRefill", { path: { reading: found.reading.reading }, once: newWish() });
    setBusy("no");
    if (told.ok) location.hash = hashOf({ at: "refill", patient, pump, refill: told.it.refill });
    else {
      setReasons(told.reasons);
      onOpen(); // somebody has begun one, perhaps this page before its answer was lost
    }
  };
  const read = async () => {
    setBusy("reading");
    setReasons([]);
    const told = await ask("readPump", { path: { pump }, once: newWish() });
    setBusy("no");
    if (!told.ok) return setReasons(told.reasons);
    const readAt = Date.now();
    onFound({ reading: told.it, readAt, goodUntil: readAt + told.it.lasts_until_ms - told.it.at_ms });
  };
  return (
    <section className={styles["card"]}>
      <Heading>{found ? texts.read.found : texts.read.title}</Heading>
      {!found && (
        <p>
          {texts.read.coil} {texts.read.why}
        </p>
      )}
      <Reasons reasons={reasons} />
      {found && (
        <>
          <Tiles reading={found.reading} />
          {found.reading.never_told !== undefined && (
            <div className={styles["check"]} role="alert">
              <p>
                <strong>{found.reading.never_told}</strong> {texts.read.neverTold}
              </p>
            </div>
          )}
          <RecordNote record={found.reading.record} />
          <p className={styles["quietly"]}>
            {old ? texts.read.over : filledIn(texts.read.good, { time: clock.format(found.readAt), until: clock.format(found.goodUntil) })}
          </p>
          <details className={styles["fold"]}>
            <summary>{filledIn(texts.read.all, { count: found.reading.rows.length })}</summary>
            <Rows rows={found.reading.rows} columns={["Setting", "Found"]} caption={texts.read.found} />
          </details>
          {!found.reading.therapy && <p>{onShelf ? texts.implant.shelf : texts.read.noTherapy}</p>}
        </>
      )}
      {busy !== "no" && <Busy>{busy === "reading" ? texts.read.reading : texts.refill.beginning}</Busy>}
      {busy === "no" && (
        <div className={styles["actions"]}>
          {onShelf && !old && <Action onClick={onImplant}>{texts.implant.begin}</Action>}
          {found?.reading.therapy && !old && <Action onClick={onNext}>{texts.read.next}</Action>}
          {found?.reading.therapy && !old && (
            <Action quiet onClick={() => void refill()}>
              {texts.refill.begin}
            </Action>
          )}
          {found?.reading.therapy && !old && (
            <Action quiet onClick={onFluid}>
              {texts.fluid.begin}
            </Action>
          )}
          <Action quiet={found !== null && !old} onClick={() => void read()}>
            {found ? texts.read.anew : texts.read.button}
          </Action>
        </div>
      )}
    </section>
  );
}
