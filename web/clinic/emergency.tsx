// What to look for and what to do first, for whoever stands beside the patient: no sign-in, and nothing is asked of the
// server. For somebody who is signed in, at a pump: lower it.
import { useRef, useState } from "react";

import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Heading, Reasons } from "./parts";
import { hashOf } from "./route";
import { texts } from "./texts";
import { useAnswer } from "./use_answer";
import { Identity } from "./visit";

const words = texts.emergency;

function Kind({ title, signs, steps }: { readonly title: string; readonly signs: readonly string[]; readonly steps: readonly string[] }) {
  return (
    <section className={styles["kind"]}>
      <h3>{title}</h3>
      <h4>{words.signs}</h4>
      <ul>
        {signs.map((sign) => (
          <li key={sign}>{sign}</li>
        ))}
      </ul>
      <h4>{words.steps}</h4>
      <ol>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </section>
  );
}

/** Signs and first steps, by drug. */
export function EmergencyWords() {
  return (
    <>
      <h2 className={styles["second"]}>{words.tooMuch.title}</h2>
      <p>{words.tooMuch.first}</p>
      <div className={styles["kinds"]}>
        {words.tooMuch.drugs.map((one) => (
          <Kind key={one.title} {...one} />
        ))}
      </div>
      <h2 className={styles["second"]}>{words.tooLittle.title}</h2>
      <p>{words.tooLittle.first}</p>
      <div className={styles["kinds"]}>
        {words.tooLittle.drugs.map((one) => (
          <Kind key={one.title} {...one} />
        ))}
      </div>
      <h2 className={styles["second"]}>{words.pump.title}</h2>
      <ol>
        {words.pump.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p className={styles["quietly"]}>{words.sources}</p>
    </>
  );
}

export function EmergencyPage() {
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "patients" })}>{words.back}</a>
      </p>
      <section className={styles["card"]}>
        <Heading>{words.title}</Heading>
        <EmergencyWords />
      </section>
    </>
  );
}

type Lowered = { readonly state: "confirmed" | "failed" | "unknown"; readonly message: string; readonly in_the_records: boolean };
const moods = { confirmed: "good", failed: "bad", unknown: "open" } as const;

export function LowerPage({ patient, pump }: { readonly patient: number; readonly pump: number }) {
  const told = useAnswer("readPatient", { patient });
  const [busy, setBusy] = useState(false);
  const [lowered, setLowered] = useState<Lowered | null>(null);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const started = useRef(false);
  const lower = async () => {
    if (started.current) return;
    started.current = true;
    setBusy(true);
    setReasons([]);
    const answer = await ask("lowerPump", { path: { pump }, once: newWish() });
    started.current = false;
    setBusy(false);
    if (answer.ok) setLowered(answer.it);
    else setReasons(answer.reasons);
  };
  const its = told?.ok ? told.it.pumps.find((one) => one.pump === pump) : undefined;
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "pump", patient, pump })}>{words.toPump}</a>
      </p>
      {told?.ok && its && <Identity patient={told.it} pump={its} drug={undefined} />}
      {told && !told.ok && <Reasons reasons={told.reasons} />}
      <section className={styles["card"]}>
        <Heading>{words.lower.title}</Heading>
        <p>{words.lower.how}</p>
        <p>{words.lower.not}</p>
        {lowered && (
          <div className={styles["verdict"]} data-mood={moods[lowered.state]} role="status">
            <h2 className={styles["second"]}>{words.lower[lowered.state]}</h2>
            <p>{lowered.message}</p>
            {lowered.state === "unknown" && <p>{words.lower.unknownDo}</p>}
            {!lowered.in_the_records && <p>{words.lower.notWritten}</p>}
          </div>
        )}
        <Reasons reasons={reasons} />
        {busy ? (
          <Busy>{words.lower.busy}</Busy>
        ) : (
          <div className={styles["actions"]}>
            <Action onClick={() => void lower()}>{lowered ? words.lower.again : words.lower.button}</Action>
          </div>
        )}
        <EmergencyWords />
      </section>
    </>
  );
}
