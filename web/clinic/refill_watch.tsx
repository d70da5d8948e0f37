// The patient is watched for drug beside the pump; then the refill is over.
import { useEffect, useRef, useState } from "react";

import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Heading, Reasons } from "./parts";
import { millilitres, type Refill, type StepProps } from "./refill";
import { comparison } from "./sent_step";
import { filledIn, texts } from "./texts";

const second = 1000;
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

/** Seconds left, by the server's clock as it stood when the page heard of it. */
function useSecondsLeft(refill: Refill): number {
  const ahead = useRef({ place: refill.place, ms: refill.now_ms - Date.now() });
  if (ahead.current.place !== refill.place) ahead.current = { place: refill.place, ms: refill.now_ms - Date.now() };
  const left = () => Math.max(0, Math.ceil(((refill.watched_until_ms ?? 0) - Date.now() - ahead.current.ms) / second));
  const [now, setNow] = useState(left);
  useEffect(() => {
    const timer = setInterval(() => setNow(left()), second);
    return () => clearInterval(timer);
  });
  return now;
}

function NextRefill({ refill }: { readonly refill: Refill }) {
  const { next } = refill;
  if (!next) return null;
  return (
    <p className={styles["headline"]}>
      {filledIn(texts.refill.watch.next, { days: next.days, date: day.format(next.due_ms) })}{" "}
      {filledIn(texts.refill.watch.because[next.because as keyof typeof texts.refill.watch.because] ?? "", { basal: next.basal_days })}
    </p>
  );
}

function Sensed({ refill, onRefill }: { readonly refill: Refill; readonly onRefill: (refill: Refill) => void }) {
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const [asked, setAsked] = useState(false);
  const started = useRef(false);
  const read = async () => {
    setBusy(true);
    const told = await ask("senseFill", { path: { refill: refill.refill }, once: newWish() });
    setBusy(false);
    if (!told.ok) return setReasons(told.reasons);
    setAsked(true);
    setReasons([]);
    onRefill(told.it);
  };
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    void read();
  });
  const sensed = refill.sensed;
  const says = refill.says;
  const quiet = says && says.alarms.length === 0;
  // By the server, and by this page's own comparison of the bytes.
  const runsAnother =
    says?.runs_it !== undefined && !(says.runs_it && says.runs !== undefined && comparison(refill.order ?? "", says.runs).same);
  return (
    <>
      {says && (
        <div className={styles[quiet ? "quietly" : "wrong"]} role={quiet ? undefined : "alert"}>
          <p>
            {filledIn(quiet ? texts.refill.watch.says : texts.refill.watch.alarms, {
              state: says.state,
              mode: says.mode,
              alarms: says.alarms.join(", "),
            })}
          </p>
        </div>
      )}
      {runsAnother && (
        <p className={styles["wrong"]} role="alert">
          {texts.refill.watch.runsAnother}
        </p>
      )}
      {sensed && (
        <div className={styles[sensed.pocket_fill ? "wrong" : "quietly"]} role={sensed.pocket_fill ? "alert" : undefined}>
          <p>
            {filledIn(sensed.pocket_fill ? texts.refill.watch.pocket : texts.refill.watch.sensed, {
              in: millilitres(refill.in_nl),
              sensed: millilitres(sensed.sensed_nl),
              limit: millilitres(sensed.limit_nl),
            })}
          </p>
        </div>
      )}
      {!sensed && asked && <p className={styles["quietly"]}>{texts.refill.watch.noSensor}</p>}
      <Reasons reasons={reasons} />
      {busy ? (
        <Busy>{texts.read.reading}</Busy>
      ) : (
        <p>
          <button type="button" className={styles["link"]} onClick={() => void read()}>
            {texts.refill.watch.sense}
          </button>
        </p>
      )}
    </>
  );
}

export function WatchStep({ refill, onStep, onRefill }: StepProps & { readonly onRefill: (refill: Refill) => void }) {
  const left = useSecondsLeft(refill);
  const [signs, setSigns] = useState(false);
  const [note, setNote] = useState("");
  const minutes = Math.floor(left / 60);
  return (
    <>
      <div className={styles["verdict"]} data-mood="good">
        <Heading>{filledIn(texts.refill.watch.told, { volume: millilitres(refill.counts_nl ?? refill.in_nl) })}</Heading>
        <NextRefill refill={refill} />
      </div>
      <h2 className={styles["second"]}>{texts.refill.watch.title}</h2>
      <p className={styles["timer"]} role="timer">
        {left > 0 ? filledIn(texts.refill.watch.left, { minutes, seconds: String(left % 60).padStart(2, "0") }) : texts.refill.watch.over}
      </p>
      <p>{texts.refill.watch.how}</p>
      <ul className={styles["notes"]}>
        {texts.refill.watch.signs.map((sign) => (
          <li key={sign}>{sign}</li>
        ))}
      </ul>
      <p className={styles["quietly"]}>{texts.refill.watch.source}</p>
      <Sensed refill={refill} onRefill={onRefill} />
      <div className={styles["ticks"]}>
        <label>
          <input type="checkbox" checked={signs} onChange={(event) => setSigns(event.currentTarget.checked)} /> {texts.refill.watch.seen}
        </label>
      </div>
      {signs && (
        <p className={styles["wrong"]} role="alert">
          {texts.refill.watch.act}
        </p>
      )}
      <label className={styles["reason"]}>
        {texts.refill.watch.note}
        <textarea rows={2} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <span className={styles["quietly"]}>{left > 0 && !signs ? texts.refill.watch.early : ""}</span>
      </label>
      <div className={styles["actions"]}>
        <Action quiet={left > 0 && !signs} onClick={() => void onStep({ is: "watched", signs, note: note.trim() })}>
          {texts.refill.watch.end}
        </Action>
      </div>
    </>
  );
}

export function OverStep({ refill }: { readonly refill: Refill }) {
  const last = refill.steps.at(-1);
  const signs = last?.is === "watched" && last.text.startsWith("Signs");
  const brokenOff = refill.broken_off !== undefined;
  const untold = refill.untold !== undefined;
  return (
    <>
      <div className={styles["verdict"]} data-mood={signs || brokenOff || untold ? "bad" : "good"}>
        <Heading>{brokenOff ? texts.refill.over.brokenOff : texts.refill.over.title}</Heading>
        {brokenOff && <p>{refill.broken_off}</p>}
        {untold && (
          <p>
            {texts.refill.over.untold} {refill.untold}
          </p>
        )}
        {!brokenOff && !untold && <p>{filledIn(texts.refill.over.holds, { volume: millilitres(refill.counts_nl ?? refill.in_nl), fluid: refill.fluid })}</p>}
        {signs && <p>{last.text}</p>}
        <NextRefill refill={refill} />
      </div>
    </>
  );
}
