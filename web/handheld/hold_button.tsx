// A button that is held for two seconds. Whoever cannot hold presses twice, a second apart: a switch, a voice, a screen
// reader.
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useEffect, useRef, useState } from "react";

import styles from "./handheld.module.css";
import { feel } from "./parts";
import { texts } from "./texts";

export const holdMs = 2_000;
const apartMs = 1_000;
const armedMs = 60_000;

/** A click so soon behind a finger is the finger's own. */
const clickMs = 500;

type State = "rest" | "held" | "armed";

export interface HoldButtonProps {
  readonly label: string;
  /** Why it does nothing now; empty: it does. Said when somebody presses it all the same. */
  readonly why?: string;
  readonly kind?: "large" | "small";
  /** What is said to whoever presses once. */
  readonly armed: string;
  readonly onHeld: () => void;
}

export function HoldButton({ label, why = "", kind = "large", armed, onHeld }: HoldButtonProps) {
  const [state, setState] = useState<State>("rest");
  const [said, setSaid] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const armedAt = useRef(0);
  /** A real finger or mouse was there last, by the time of events. */
  const touched = useRef(-Infinity);
  const how: Record<State, string> = { rest: texts.dose.hold, held: texts.dose.holding, armed };

  const stop = () => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
  };
  useEffect(() => stop, []);
  useEffect(() => {
    setSaid(""); // it was said of another moment
    if (why === "") return;
    stop();
    setState("rest");
  }, [why]);

  const begin = () => {
    if (state === "held") return;
    if (why !== "") return setSaid(why);
    setSaid("");
    setState("held");
    feel([20]);
    stop();
    timer.current = setTimeout(() => {
      timer.current = null;
      setState("rest");
      onHeld();
    }, holdMs);
  };
  const letGo = () => {
    if (state !== "held") return;
    stop();
    setState("rest");
    setSaid(texts.dose.letGo);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    // A screen reader's press may come as a pointer that does not exist, or that has no size. Its click counts.
    if (event.width === 0 && event.height === 0) return;
    try {
      event.currentTarget.setPointerCapture(event.pointerId);
    } catch {
      return;
    }
    touched.current = event.timeStamp;
    begin();
  };
  const up = (event: PointerEvent) => {
    if (touched.current > -Infinity) touched.current = event.timeStamp;
    letGo();
  };
  const key = (event: KeyboardEvent) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault(); // no click of its own
    if (!event.repeat) begin();
  };
  const keyUp = (event: KeyboardEvent) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    letGo();
  };
  const click = (event: MouseEvent) => {
    event.preventDefault();
    if (event.timeStamp - touched.current < clickMs) return; // of a finger or a mouse, which was told by them already
    if (why !== "") return setSaid(why);
    if (state !== "armed") {
      armedAt.current = Date.now();
      setState("armed");
      setSaid(armed);
      stop();
      timer.current = setTimeout(() => {
        setState("rest");
        setSaid(texts.dose.disarmed);
      }, armedMs);
      return;
    }
    if (Date.now() - armedAt.current < apartMs) return setSaid(texts.dose.early);
    stop();
    setState("rest");
    setSaid("");
    onHeld();
  };

  return (
    <div className={styles["hold"]} data-kind={kind}>
      <button
        type="button"
        className={styles["holdButton"]}
        data-is={why === "" ? state : "off"}
        aria-disabled={why !== ""}
        onPointerDown={down}
        onPointerUp={up}
        onPointerCancel={letGo}
        onLostPointerCapture={letGo}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={key}
        onKeyUp={keyUp}
        onBlur={letGo}
        onClick={click}
      >
        <span className={styles["fill"]} aria-hidden="true" />
        <span className={styles["holdLabel"]}>{label}</span>
        <span className={styles["holdHow"]}>{why !== "" ? why : how[state]}</span>
      </button>
      <p className={styles[said === why ? "unseen" : "said"]} role="status">
        {said}
      </p>
    </div>
  );
}
