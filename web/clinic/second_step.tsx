// Another clinician's change, to be compared, typed once more and signed by a second person on a device of his own.
import { useEffect, useMemo, useRef, useState } from "react";

import type { Answered } from "./api";
import { concentrationText, fieldOf } from "./change_step";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { CompareTables } from "./compare_tables";
import { type DoseEntry, DoseField } from "./dose_field";
import { hold } from "./held";
import { Action, Busy, Heading, Reasons } from "./parts";
import { say } from "./passkey";
import { hashOf } from "./route";
import { Verdict } from "./sent_step";
import { filledIn, texts } from "./texts";
import { useAnswer } from "./use_answer";

type Look = Answered["lookAsSecond"];

const lookEveryMs = 3000;
const mostUntouchedMs = 5 * 60_000;
const touches = ["pointerdown", "keydown", "focus"] as const;

/** What waits for this person; nothing where nothing does. */
export function WaitingForMe() {
  const [waiting, setWaiting] = useState<Answered["listWaiting"]>({ waiting: [], syringes: [] });
  useEffect(() => {
    let here = true;
    let touched = Date.now();
    const touch = () => (touched = Date.now());
    for (const event of touches) addEventListener(event, touch);
    const look = () => {
      if (Date.now() - touched > mostUntouchedMs) return; // a page that nobody is at keeps no session alive
      void ask("listWaiting", {}).then((told) => here && told.ok && setWaiting(told.it));
    };
    look();
    const timer = setInterval(look, lookEveryMs);
    return () => {
      here = false;
      clearInterval(timer);
      for (const event of touches) removeEventListener(event, touch);
    };
  }, []);
  return (
    <>
      <Waiting title={texts.second.waiting} of={waiting.waiting} place={({ draft }) => hashOf({ at: "second", draft })} />
      <Waiting title={texts.refill.second.waiting} of={waiting.syringes} place={({ refill }) => hashOf({ at: "syringe", refill })} />
    </>
  );
}

interface Asking {
  readonly patient_name: string;
  readonly by: string;
}
function Waiting<One extends Asking>({ title, of, place }: {
  readonly title: string;
  readonly of: readonly One[];
  readonly place: (one: One) => string;
}) {
  if (of.length === 0) return null;
  return (
    <section className={styles["check"]} role="status">
      <p>
        <strong>{title}</strong>
      </p>
      <ul className={styles["list"]}>
        {of.map((one) => (
          <li key={place(one)}>
            <a href={place(one)}>{filledIn(texts.second.of, { patient: one.patient_name, by: one.by })}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Signing({ draft, look }: { readonly draft: number; readonly look: Look }) {
  const field = useMemo(() => fieldOf(look.therapy.dose), [look]);
  const [typed, setTyped] = useState<DoseEntry>({ text: "", value: null });
  const [insist, setInsist] = useState(false);
  const [busy, setBusy] = useState<"no" | "signing" | "sending">("no");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const [sent, setSent] = useState<Answered["signAsSecond"] | "lost" | null>(null);
  const started = useRef(false);
  useEffect(() => (busy === "sending" ? hold() : undefined), [busy]);

  const sign = async () => {
    setInsist(true);
    if (typed.value === null || started.current) return;
    started.current = true;
    setReasons([]);
    setBusy("signing");
    const asked = await ask("askChallenge", {});
    const yes = asked.ok ? await say(look.challenge, asked.it.site) : asked;
    if (yes.ok) {
      setBusy("sending");
      const body = { daily_dose: `${typed.value} ${look.therapy.dose.unit}`, assertion: yes.it };
      const told = await ask("signAsSecond", { path: { draft }, body, once: newWish() });
      if (told.ok) setSent(told.it);
      else if (told.status === 0 || told.status >= 500) setSent("lost");
      else setReasons(told.reasons);
    } else {
      setReasons(yes.reasons);
    }
    setBusy("no");
    started.current = false;
  };

  if (sent !== null)
    return (
      <section className={styles["card"]}>
        <Verdict order={look.order} sent={sent} lost={texts.second.lost} />
      </section>
    );
  return (
    <section className={styles["card"]}>
      <Heading>{texts.second.title}</Heading>
      <p>{filledIn(texts.second.by, { by: look.by })}</p>
      <CompareTables rows={look.rows} drug={look.therapy.drug} />
      {look.notes.length > 0 && (
        <>
          <h2 className={styles["second"]}>{texts.compare.notes}</h2>
          <ul className={styles["notes"]}>
            {look.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
      <div className={styles["sign"]}>
        <DoseField label={texts.compare.typed} field={field} insist={insist} onChange={setTyped} />
      </div>
      <Reasons reasons={reasons} />
      {busy === "signing" && <Busy>{texts.compare.signing}</Busy>}
      {busy === "sending" && <Busy>{texts.compare.sending}</Busy>}
      {busy === "no" && (
        <div className={styles["actions"]}>
          <Action onClick={() => void sign()}>{texts.second.sign}</Action>
        </div>
      )}
    </section>
  );
}

export function Second({ draft }: { readonly draft: number }) {
  const told = useAnswer("lookAsSecond", { draft });
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "patients" })}>{texts.patient.back}</a>
      </p>
      {told === null && <Busy>{texts.loading}</Busy>}
      {told && !told.ok && (
        <Reasons reasons={told.status === 404 ? [{ field: "", happened: texts.second.gone, do: "" }] : told.reasons} />
      )}
      {told?.ok && (
        <>
          <aside className={styles["identity"]} aria-label={told.it.patient.name}>
            <strong>{told.it.patient.name}</strong>
            <span>
              {texts.patients.born} {told.it.patient.birth_date}
            </span>
            <span>
              {told.it.patient.model}, {texts.patient.serial} <b>{told.it.patient.serial_ends}</b>
            </span>
            <span>
              {told.it.therapy.drug} {concentrationText(told.it.therapy)}
            </span>
          </aside>
          <Signing draft={draft} look={told.it} />
        </>
      )}
    </>
  );
}
