// The patients in whose care team a person is, and one of them.
import { useRef, useState } from "react";

import type { Answered } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { NewPatient, NewPump, PairPump } from "./enrol";
import { Action, Busy, Heading, Reasons } from "./parts";
import { hashOf } from "./route";
import { WaitingForMe } from "./second_step";
import { Team } from "./team";
import { filledIn, texts } from "./texts";
import { Search, Today } from "./today";
import { useAnswer } from "./use_answer";

export type PatientNow = Answered["readPatient"];

export function Patients() {
  const told = useAnswer("listPatients", undefined);
  return (
    <>
      <WaitingForMe />
      <Search />
      <Today />
      <section className={styles["card"]}>
        <h2 className={styles["second"]}>{texts.patients.title}</h2>
        {told === null && <Busy>{texts.loading}</Busy>}
        {told && !told.ok && <Reasons reasons={told.reasons} />}
        {told?.ok && told.it.patients.length === 0 && <p>{texts.patients.none}</p>}
        {told?.ok && (
          <ul className={styles["list"]}>
            {told.it.patients.map((one) => (
              <li key={one.patient}>
                <a href={hashOf({ at: "patient", patient: one.patient })}>
                  <strong>{one.name}</strong>
                  <span>
                    {texts.patients.born} {one.birth_date}
                  </span>
                  <span>
                    {texts.patients.record} {one.record_number}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
        {told?.ok && told.it.more && <p>{texts.patients.more}</p>}
        <NewPatient />
      </section>
    </>
  );
}

/** To whoever is not in the care team: a chart is opened with a reason, and somebody looks at it afterwards. */
function BreakGlass({ patient, onOpen }: { readonly patient: number; readonly onOpen: () => void }) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const wish = useRef(newWish());
  const open = async () => {
    setBusy(true);
    setReasons([]);
    const told = await ask("breakGlass", { path: { patient }, body: { reason: reason.trim() }, once: wish.current });
    setBusy(false);
    if (told.ok) return onOpen();
    if (told.status !== 0) wish.current = newWish();
    setReasons(told.reasons);
  };
  return (
    <section className={styles["card"]}>
      <Heading>{texts.glass.title}</Heading>
      <p>{texts.glass.how}</p>
      <label className={styles["reason"]}>
        {texts.glass.reason}
        <textarea rows={3} value={reason} maxLength={500} onChange={(event) => setReason(event.currentTarget.value)} />
      </label>
      <Reasons reasons={reasons} />
      <div className={styles["actions"]}>
        {busy ? <Busy>{texts.loading}</Busy> : reason.trim() !== "" && <Action onClick={() => void open()}>{texts.glass.open}</Action>}
      </div>
    </section>
  );
}

export function Patient({ patient }: { readonly patient: number }) {
  const [turn, setTurn] = useState(0);
  return <Chart key={turn} patient={patient} onOpen={() => setTurn(turn + 1)} />;
}

function Chart({ patient, onOpen }: { readonly patient: number; readonly onOpen: () => void }) {
  const told = useAnswer("readPatient", { patient });
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "patients" })}>{texts.patient.back}</a>
      </p>
      {told === null && <Busy>{texts.loading}</Busy>}
      {told && !told.ok && <Reasons reasons={told.reasons} />}
      {told && !told.ok && told.status === 403 && <BreakGlass patient={patient} onOpen={onOpen} />}
      {told?.ok && (
        <section className={styles["card"]}>
          <Heading>{told.it.name}</Heading>
          <p>
            {texts.patients.born} {told.it.birth_date}, {texts.patients.record} {told.it.record_number}
          </p>
          <h2 className={styles["second"]}>{texts.patient.pumps}</h2>
          {told.it.pumps.length === 0 && <p>{texts.patient.noPump}</p>}
          <ul className={styles["list"]}>
            {told.it.pumps.map((pump) => (
              <li key={pump.pump}>
                {pump.implanted ? (
                  <a href={hashOf({ at: "pump", patient, pump: pump.pump })}>
                    <strong>{pump.model}</strong>
                    <span>
                      {texts.patient.serial} {pump.serial_ends}
                    </span>
                    <span>{texts.patient.open}</span>
                  </a>
                ) : (
                  <span>
                    {pump.model}: {texts.patient.taken}
                  </span>
                )}
                <a href={hashOf({ at: "follow", patient, pump: pump.pump })}>
                  <span>
                    {texts.follow.link}
                    <span className="theca-unseen">: {filledIn(texts.follow.linkOf, { model: pump.model, serial: pump.serial_ends })}</span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
          <Team patient={patient} />
          <PairPump patient={patient} />
          <NewPump patient={patient} />
        </section>
      )}
    </>
  );
}
