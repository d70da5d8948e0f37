// A refill, step by step, as it is done at the bedside. No page of it has a dose field. Each step is kept by the clinic's
// server as soon as it is done, so that whoever comes next goes on from there.
import { useCallback, useEffect, useRef, useState } from "react";

import type { Answered, Asked } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { DoseField } from "./dose_field";
import { Action, Busy, Heading, Reasons } from "./parts";
import { drawn as leftField, EmptyStep, FillStep, LabelStep, LookStep, nothing, PortStep, ProveStep } from "./refill_steps";
import { TellStep } from "./refill_tell";
import { OverStep, WatchStep } from "./refill_watch";
import { hashOf } from "./route";
import { Verdict } from "./sent_step";
import { filledIn, texts } from "./texts";
import { useAnswer } from "./use_answer";
import { Identity } from "./visit";

export type Refill = Answered["readRefill"];
export type StepBody = Omit<Asked["addRefillStep"]["body"], "place">;

/** What every step is given: where the refill stands, and what to do with the next step. */
export interface StepProps {
  readonly refill: Refill;
  /** Whether it was kept. */
  readonly onStep: (step: StepBody) => Promise<boolean>;
}

export const millilitres = (nanolitres: number) => `${Number((nanolitres / 1e6).toFixed(3))} mL`;

const soonMs = 1500;
const stages: readonly Refill["stage"][] = ["label", "confirm", "port", "empty", "prove", "fill", "tell", "watch"];
const breakable: ReadonlySet<Refill["stage"]> = new Set(["label", "confirm", "port", "empty", "look", "prove", "fill"]);
const clock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });

function Steps({ stage }: { readonly stage: Refill["stage"] }) {
  const now = stage === "over" ? stages.length : stages.indexOf(stage === "look" ? "empty" : stage);
  return (
    <ol className={`${styles["steps"]} ${styles["many"]}`}>
      {texts.refill.steps.map((name, i) => (
        <li key={name} data-is={i < now ? "done" : i === now ? "now" : "ahead"} {...(i === now ? { "aria-current": "step" } : {})}>
          <span>{i + 1}</span> <em>{name}</em>
        </li>
      ))}
    </ol>
  );
}

const mostUntouchedMs = 5 * 60_000;
const touches = ["pointerdown", "keydown", "focus"] as const;

/** Asks about the second person until one has confirmed. */
function ConfirmStep({ refill, onAnew }: { readonly refill: Refill; readonly onAnew: () => void }) {
  const left = (refill.label_until_ms ?? 0) - refill.now_ms;
  const [over, setOver] = useState(left <= 0);
  useEffect(() => {
    if (over) return;
    const end = setTimeout(() => setOver(true), left);
    let touched = Date.now();
    const touch = () => (touched = Date.now());
    for (const event of touches) addEventListener(event, touch);
    const timer = setInterval(() => {
      if (Date.now() - touched > mostUntouchedMs) return; // a page that nobody is at keeps no session alive
      void ask("syringeWaits", { path: { refill: refill.refill } }).then((told) => told.ok && !told.it.waits && onAnew());
    }, soonMs);
    return () => {
      clearTimeout(end);
      clearInterval(timer);
      for (const event of touches) removeEventListener(event, touch);
    };
  }, [refill.refill, onAnew, over, left]);
  return (
    <>
      <Heading>{texts.refill.confirm.title}</Heading>
      <p className={styles["headline"]}>{refill.label?.drugs}</p>
      <p>{filledIn(texts.refill.confirm.label, { lot: refill.label?.lot ?? "", expires: refill.label?.expires ?? "" })}</p>
      {over ? (
        <p className={styles["check"]}>{texts.refill.confirm.over}</p>
      ) : (
        <>
          <p>{texts.refill.confirm.who}</p>
          <Busy>{texts.refill.confirm.waiting}</Busy>
        </>
      )}
    </>
  );
}

/** What is still in the pump is asked for as soon as a needle may have been in it. */
function BreakOff({ refill, onStep }: StepProps) {
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState("");
  const [left, setLeft] = useState(nothing);
  const [drawn, setDrawn] = useState<boolean | null>(null);
  const [insist, setInsist] = useState(false);
  const placed = refill.steps.some(({ is }) => is === "port");
  const touched = refill.touched || drawn === true;
  if (!open)
    return (
      <p className={styles["aside"]}>
        <button type="button" className={styles["link"]} onClick={() => setOpen(true)}>
          {texts.refill.breakOff.open}
        </button>
      </p>
    );
  const breakOff = async () => {
    setInsist(true);
    const said = why.trim() === "" ? " " : why.trim();
    if (!placed) return void (await onStep({ is: "broken_off", why: said }));
    if (!touched && drawn === false) return void (await onStep({ is: "broken_off", why: said, untouched: true }));
    if (touched && left.value !== null) await onStep({ is: "broken_off", why: said, left: `${left.value} mL` });
  };
  return (
    <section className={styles["check"]}>
      <p>
        <strong>{texts.refill.breakOff.title}</strong> {refill.touched ? texts.refill.breakOff.told : placed ? "" : texts.refill.breakOff.asItWas}
      </p>
      {placed && !refill.touched && (
        <div className={styles["choices"]} role="radiogroup" aria-label={texts.refill.breakOff.drawn}>
          {([[false, texts.refill.breakOff.nothing], [true, texts.refill.breakOff.something]] as const).map(([is, label]) => (
            <label key={label}>
              <input type="radio" name="drawn" checked={drawn === is} onChange={() => setDrawn(is)} /> {label}
            </label>
          ))}
        </div>
      )}
      {insist && placed && !touched && drawn === null && <p className={styles["missing"]}>{texts.refill.breakOff.missing}</p>}
      {touched && (
        <>
          <DoseField label={texts.refill.breakOff.left} field={leftField} insist={insist} onChange={setLeft} />
          <p>{texts.refill.breakOff.leftHow}</p>
        </>
      )}
      <label className={styles["reason"]}>
        {texts.refill.breakOff.why}
        <textarea rows={2} maxLength={500} value={why} onChange={(event) => setWhy(event.currentTarget.value)} />
      </label>
      <div className={styles["actions"]}>
        <Action quiet onClick={() => void breakOff()}>
          {texts.refill.breakOff.button}
        </Action>
        <Action quiet onClick={() => setOpen(false)}>
          {texts.refill.breakOff.not}
        </Action>
      </div>
    </section>
  );
}

function Done({ refill }: { readonly refill: Refill }) {
  if (refill.steps.length === 0) return null;
  return (
    <details className={styles["fold"]}>
      <summary>{filledIn(texts.refill.done, { count: refill.steps.length })}</summary>
      <ol className={styles["log"]}>
        {refill.steps.map((step, i) => (
          <li key={i}>
            <span>
              {clock.format(step.at_ms)}, {step.by}
            </span>{" "}
            {step.text}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Stage({ refill, onStep, onRefill, onAnew, told, onTold }: StepProps & {
  readonly told: Answered["sendFill"] | null;
  readonly onRefill: (refill: Refill) => void;
  readonly onAnew: () => void;
  readonly onTold: (sent: Answered["sendFill"]) => void;
}) {
  const [anotherSyringe, setAnotherSyringe] = useState(false);
  const step = { refill, onStep };
  const again = refill.stage !== "label" && breakable.has(refill.stage) && refill.stage !== "look";
  if (anotherSyringe && again)
    return (
      <>
        <LabelStep
          {...step}
          onStep={async (body) => {
            const kept = await onStep(body);
            if (kept) setAnotherSyringe(false);
            return kept;
          }}
        />
        <p className={styles["aside"]}>
          <button type="button" className={styles["link"]} onClick={() => setAnotherSyringe(false)}>
            {texts.refill.label.same}
          </button>
        </p>
      </>
    );
  return (
    <>
      {refill.stage === "label" && <LabelStep {...step} />}
      {refill.stage === "confirm" && <ConfirmStep refill={refill} onAnew={onAnew} />}
      {refill.stage === "port" && <PortStep {...step} />}
      {refill.stage === "empty" && <EmptyStep {...step} />}
      {refill.stage === "look" && <LookStep {...step} />}
      {refill.stage === "prove" && <ProveStep key={refill.place} {...step} />}
      {refill.stage === "fill" && <FillStep key={refill.place} {...step} />}
      {refill.stage === "tell" && <TellStep {...step} onRefill={onRefill} onAnew={onAnew} told={told} onTold={onTold} />}
      {refill.stage === "watch" && <WatchStep {...step} onRefill={onRefill} />}
      {refill.stage === "over" && <OverStep refill={refill} />}
      {again && refill.in_nl > 0 && refill.stage !== "fill" && (
        <div className={styles["actions"]}>
          <Action quiet onClick={() => void onStep({ is: "all_in" })}>
            {texts.refill.fill.allIn}
          </Action>
        </div>
      )}
      {again && (
        <p className={styles["aside"]}>
          <button type="button" className={styles["link"]} onClick={() => setAnotherSyringe(true)}>
            {texts.refill.label.another}
          </button>
        </p>
      )}
    </>
  );
}

function Going({ first }: { readonly first: Refill }) {
  const [refill, setRefill] = useState(first);
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const [told, setTold] = useState<Answered["sendFill"] | null>(null);
  const started = useRef(false); // two clicks within one frame are one

  const anew = useCallback(async () => {
    const told = await ask("readRefill", { path: { refill: first.refill } });
    if (told.ok) setRefill(told.it);
    else setReasons(told.reasons);
  }, [first.refill]);

  const onStep = async (step: StepBody): Promise<boolean> => {
    if (started.current) return false;
    started.current = true;
    setBusy(true);
    setReasons([]);
    const wish = { path: { refill: refill.refill }, body: { ...step, place: refill.place }, once: newWish() };
    let answer = await ask("addRefillStep", wish);
    if (!answer.ok && answer.status === 0) answer = await ask("addRefillStep", wish); // the same wish: it is done once
    setBusy(false);
    started.current = false;
    if (answer.ok) {
      setRefill(answer.it);
      return true;
    }
    setReasons(answer.reasons);
    if (answer.status === 409) void anew();
    return false;
  };

  return (
    <>
      <Steps stage={refill.stage} />
      {refill.order !== undefined && refill.stage === "watch" && told?.runs !== undefined && (
        <Verdict order={refill.order} sent={told} lost="" />
      )}
      {refill.order !== undefined && refill.stage !== "watch" && refill.stage !== "over" && (
        <p className={styles["check"]}>{texts.refill.ordered}</p>
      )}
      {refill.visit_over && breakable.has(refill.stage) && <p className={styles["check"]} role="alert">{texts.refill.visitOver}</p>}
      <section className={styles["card"]} aria-busy={busy}>
        <Stage
          refill={refill}
          onStep={onStep}
          onRefill={(next) => {
            setReasons([]);
            setRefill(next);
          }}
          onAnew={() => void anew()}
          told={told}
          onTold={setTold}
        />
        <Reasons reasons={reasons} />
      </section>
      {breakable.has(refill.stage) && <BreakOff refill={refill} onStep={onStep} />}
      <Done refill={refill} />
    </>
  );
}

export function RefillPage({ patient, pump, refill }: {
  readonly patient: number;
  readonly pump: number;
  readonly refill: number;
}) {
  const who = useAnswer("readPatient", { patient });
  const told = useAnswer("readRefill", { refill });
  const its = who?.ok ? who.it.pumps.find((one) => one.pump === pump) : undefined;
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "patient", patient })}>{who?.ok ? who.it.name : texts.patient.back}</a>
      </p>
      {(who === null || told === null) && <Busy>{texts.loading}</Busy>}
      {who && !who.ok && <Reasons reasons={who.reasons} />}
      {told && !told.ok && <Reasons reasons={told.reasons} />}
      {who?.ok && its && told?.ok && told.it.pump === pump && (
        <>
          <Identity patient={who.it} pump={its} drug={told.it.fluid} />
          <Going first={told.it} />
        </>
      )}
    </>
  );
}

/** A refill of this pump that somebody has begun and nobody has ended. */
export function OpenRefill({ patient, pump }: { readonly patient: number; readonly pump: number }) {
  const told = useAnswer("listRefills", { pump });
  const open = told?.ok ? told.it.refills.find(({ stage }) => stage !== "over") : undefined;
  if (!open) return null;
  return (
    <section className={styles["check"]} role="status">
      <p>
        <strong>{filledIn(texts.refill.isOpen, { since: clock.format(open.begun_ms) })}</strong>{" "}
        {texts.refill.stands[open.stage]}
      </p>
      <p>
        <a href={hashOf({ at: "refill", patient, pump, refill: open.refill })}>{texts.refill.goOn}</a>
      </p>
    </section>
  );
}
