// The first page: how the pump is, when the next dose is possible, and the button.
import { type ReactNode, useEffect, useRef } from "react";

import { Alarms } from "./alarms";
import styles from "./handheld.module.css";
import { HoldButton } from "./hold_button";
import { feel, Mark, Tile } from "./parts";
import type { Result, Shown } from "./shown";
import { dateText, filledIn, texts, timeText } from "./texts";
import type { Programmer } from "./use_programmer";

/** How each feels in the hand. */
const patterns: Partial<Record<Result["state"], number[]>> = {
  accepted: [60],
  given: [60, 60, 60],
  refused: [300],
  "not given": [300],
  "not known yet": [150, 100, 150, 100, 150],
};

function Became({ result, onClose }: { readonly result: Result; readonly onClose: () => void }) {
  const before = useRef("");
  useEffect(() => {
    if (before.current === result.state) return;
    before.current = result.state;
    feel(patterns[result.state] ?? []);
  }, [result.state]);
  return (
    <section className={styles["became"]} data-mood={result.mood} data-state={result.state}>
      <h2>
        <Mark mood={result.mood} /> {result.title}
      </h2>
      <p>{result.text}</p>
      {result.asked !== "" && <p className={styles["small"]}>{result.asked}</p>}
      {result.closes && (
        <button type="button" className={styles["plain"]} onClick={onClose}>
          {texts.became.close}
        </button>
      )}
    </section>
  );
}

export function Home({ programmer, shown, children }: {
  readonly programmer: Programmer;
  readonly shown: Shown;
  /** What is asked behind a dose. */
  readonly children: ReactNode;
}) {
  const { pump, card, now } = programmer;
  const seen = pump?.seen ?? null;
  const { result, giving, dose, button, headline } = shown;
  return (
    <div className={styles["home"]}>
      <div className={styles["upper"]}>
        {!seen && <p>{button.why}</p>}
        {seen && (
          <p className={styles["headline"]} data-mood={headline.mood}>
            <Mark mood={headline.mood} /> {headline.text}
          </p>
        )}
        {seen && <Alarms seen={seen} card={card} short />}
        {/* There before anything is said in it, or a screen reader would not tell. What ticks stands outside of it. */}
        <div role="status">
          {result && <Became result={result} onClose={() => programmer.closeResult(result.intent)} />}
          {giving && <p className={styles["unseen"]}>{giving.title}</p>}
        </div>
        {children}
        {giving && (
          <section className={styles["became"]} data-mood="good" data-state={shown.live ? "giving" : "givingStale"}>
            <h2>
              <Mark mood="good" /> {giving.title}
            </h2>
            <p>{giving.text}</p>
            {giving.part !== null && (
              <progress className={styles["bar"]} max={1} value={giving.part} data-live={shown.live} aria-label={giving.title} />
            )}
          </section>
        )}
        {dose && (
          <section className={styles["next"]} aria-label={texts.tabs.dose}>
            <p className={styles["when"]}>{dose.when}</p>
            {dose.left !== "" && <p>{dose.left}</p>}
            <p className={styles["quiet"]}>{dose.what}</p>
          </section>
        )}
        {seen && !dose && <p>{button.why}</p>}
        {seen && (
          <dl className={styles["tiles"]}>
            {seen.refill && <Tile what={texts.pump.refill}>{filledIn(texts.pump.refillBefore, { date: dateText(seen.refill.before_ms) })}</Tile>}
            {seen.tip && (
              <Tile what={texts.pump.tip}>
                {filledIn(texts.pump.tipBetween, { from: timeText(seen.tip.from_ms, now), to: timeText(seen.tip.to_ms, now) })}
              </Tile>
            )}
          </dl>
        )}
      </div>
      {button.there && <HoldButton label={texts.dose.ask} why={button.why} armed={texts.dose.armed} onHeld={programmer.askForDose} />}
    </div>
  );
}
