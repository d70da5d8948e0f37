// What the pump is, what it gives, and the few things that a patient may do with it.
import { Alarms } from "./alarms";
import styles from "./handheld.module.css";
import { HoldButton } from "./hold_button";
import { Tile } from "./parts";
import type { Shown } from "./shown";
import { dateText, filledIn, texts, timeText } from "./texts";
import type { Programmer } from "./use_programmer";

const deedTexts = texts.pump.deed as Readonly<Record<string, string>>;
const doneTexts = texts.pump.done as Readonly<Record<string, string>>;

export function MyPump({ programmer, shown }: { readonly programmer: Programmer; readonly shown: Shown }) {
  const { pump, card, now } = programmer;
  const seen = pump?.seen ?? null;
  const deed = shown.deed && shown.deed.what !== "end dose" ? shown.deed : null;
  const why = deed?.state === "doing" ? texts.pump.deed.doing : "";
  const held = (label: string) => ({ kind: "small" as const, label, why, armed: filledIn(texts.dose.armedOther, { what: label }) });
  const transfer = seen?.transfer ?? null;
  return (
    <>
      <h1>{texts.pump.title}</h1>
      {seen && (
        <>
          <dl className={styles["tiles"]}>
            <Tile what={texts.pump.drugs}>
              {seen.drugs.map((drug) => (
                <span key={drug.name} className={styles["line"]}>
                  <strong>{drug.name}</strong> {drug.per_day}
                </span>
              ))}
            </Tile>
            <Tile what={texts.pump.now}>{(texts.modes as Readonly<Record<string, string>>)[seen.mode] ?? seen.mode}</Tile>
            {seen.refill && <Tile what={texts.pump.refill}>{filledIn(texts.pump.refillBefore, { date: dateText(seen.refill.before_ms) })}</Tile>}
            {card && card.refill_appointment !== "" && (
              <Tile what={texts.pump.refill}>{filledIn(texts.pump.appointment, { date: card.refill_appointment })}</Tile>
            )}
            {seen.tip && (
              <Tile what={texts.pump.tip}>
                {filledIn(texts.pump.tipBetween, { from: timeText(seen.tip.from_ms, now), to: timeText(seen.tip.to_ms, now) })}
              </Tile>
            )}
            {card && (
              <Tile what={texts.pump.serial}>
                {card.pump} {card.serial}
              </Tile>
            )}
            {seen.alarms.length === 0 && <Tile what={texts.pump.alarms}>{texts.pump.none}</Tile>}
          </dl>
          <Alarms seen={seen} card={card} />
          <div role="status">
            {deed && (
              <p className={styles["became"]} data-mood={deed.state === "done" ? "good" : "wait"} data-state={deed.state}>
                {deed.state === "done" ? doneTexts[deed.what] : deedTexts[deed.state]}
              </p>
            )}
          </div>
          {transfer && (
            <section className={styles["panel"]}>
              <h2>{texts.pump.transfer}</h2>
              <p>{texts.pump.transferAbout}</p>
              <HoldButton {...held(texts.pump.refuse)} onHeld={() => programmer.refuseTransfer(transfer.number)} />
            </section>
          )}
          {seen.own_pause && (
            <section className={styles["panel"]}>
              <h2>{texts.pump.resume}</h2>
              <p>{texts.pump.resumeAbout}</p>
              <HoldButton {...held(texts.pump.resume)} onHeld={programmer.resume} />
            </section>
          )}
          {seen.may_pause && seen.state !== "stopped" && (
            <section className={styles["panel"]}>
              <h2>{texts.pump.pause}</h2>
              <p>{texts.pump.pauseAbout}</p>
              <HoldButton {...held(texts.pump.pause)} onHeld={programmer.pause} />
            </section>
          )}
        </>
      )}
      <button type="button" className={styles["plain"]} onClick={programmer.look}>
        {pump?.looking ? texts.away.looking : texts.away.look}
      </button>
    </>
  );
}
