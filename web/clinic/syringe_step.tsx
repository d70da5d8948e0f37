// The second person at a refill, on a device of his own: this syringe, and what the pump runs.
import { useRef, useState } from "react";

import type { Answered } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Heading, Reasons, Rows } from "./parts";
import { say } from "./passkey";
import { DrugRows, drugsRead, unread } from "./refill_steps";
import { hashOf } from "./route";
import { filledIn, texts } from "./texts";
import { useAnswer } from "./use_answer";

type Look = Answered["lookAtSyringe"];

/** What of an order a syringe is held against first; all of it stands below. */
const program: readonly string[] = ["fluid", "daily dose", "mode", "flow", "scheduled bolus", "patient's bolus", "lockout", "allotted"];

function Confirming({ refill, look }: { readonly refill: number; readonly look: Look }) {
  const [drugs, setDrugs] = useState(() => unread(look));
  const [held, setHeld] = useState(false);
  const [insist, setInsist] = useState(false);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const started = useRef(false);

  const confirm = async () => {
    setInsist(true);
    const read = drugsRead(look, drugs);
    if (!held || read === null || started.current) return;
    started.current = true;
    setReasons([]);
    setBusy(true);
    const asked = await ask("askChallenge", {});
    const yes = asked.ok ? await say(look.challenge, asked.it.site) : asked;
    const told = yes.ok ? await ask("confirmSyringe", { path: { refill }, body: { drugs: read, assertion: yes.it }, once: newWish() }) : yes;
    setBusy(false);
    started.current = false;
    if (told.ok) setDone(true);
    else setReasons(told.reasons);
  };

  const shown = look.rows.filter(({ what }) => program.some((begins) => what.startsWith(begins)));
  if (done)
    return (
      <section className={styles["card"]}>
        <div className={styles["verdict"]} data-mood="good">
          <Heading>{texts.refill.second.done}</Heading>
          <p>{filledIn(texts.refill.second.doneHow, { by: look.by })}</p>
        </div>
      </section>
    );
  return (
    <section className={styles["card"]}>
      <Heading>{texts.refill.second.title}</Heading>
      <p>{filledIn(texts.refill.second.by, { by: look.by })}</p>
      <DrugRows of={look} drugs={drugs} insist={insist} onDrugs={setDrugs} />
      <p className={styles["headline"]}>{filledIn(texts.refill.confirm.label, { lot: look.lot, expires: look.expires })}</p>
      <h2 className={styles["second"]}>{texts.refill.second.program}</h2>
      <Rows rows={shown} columns={[texts.compare.what, texts.compare.before]} caption={texts.refill.second.program} />
      <details className={styles["fold"]}>
        <summary>{filledIn(texts.read.all, { count: look.rows.length })}</summary>
        <Rows rows={look.rows} columns={[texts.compare.what, texts.compare.before]} caption={filledIn(texts.read.all, { count: look.rows.length })} />
      </details>
      <div className={styles["ticks"]}>
        <label>
          <input type="checkbox" checked={held} onChange={(event) => setHeld(event.currentTarget.checked)} /> {texts.refill.second.held}
        </label>
        {insist && !(held && drugsRead(look, drugs)) && <p className={styles["missing"]} role="alert">{texts.refill.second.missing}</p>}
      </div>
      <Reasons reasons={reasons} />
      {busy ? (
        <Busy>{texts.compare.signing}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action onClick={() => void confirm()}>{texts.refill.second.confirm}</Action>
        </div>
      )}
    </section>
  );
}

export function Syringe({ refill }: { readonly refill: number }) {
  const told = useAnswer("lookAtSyringe", { refill });
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
          </aside>
          <Confirming refill={refill} look={told.it} />
        </>
      )}
    </>
  );
}
