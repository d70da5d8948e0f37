// The patients in whose care team a person is, and one of them.
import { useEffect, useState } from "react";

import type { Answered, Asked, RowName } from "./api";
import { ask, type Told } from "./client";
import styles from "./clinic.module.css";
import { Busy, Heading, Reasons } from "./parts";
import { hashOf } from "./route";
import { texts } from "./texts";

export type PatientNow = Answered["readPatient"];

/** What a question is answered; null while it is under way. */
export function useAnswer<Name extends RowName>(name: Name, path: Asked[Name]["path"]): Told<Answered[Name]> | null {
  const [told, setTold] = useState<Told<Answered[Name]> | null>(null);
  const key = JSON.stringify(path);
  useEffect(() => {
    let here = true;
    const parts = (key === undefined ? {} : { path: JSON.parse(key) as unknown }) as Parameters<typeof ask<Name>>[1];
    void ask(name, parts).then((answer) => here && setTold(answer));
    return () => {
      here = false;
    };
  }, [name, key]);
  return told;
}

export function Patients() {
  const told = useAnswer("listPatients", undefined);
  return (
    <section className={styles["card"]}>
      <Heading>{texts.patients.title}</Heading>
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
    </section>
  );
}

export function Patient({ patient }: { readonly patient: number }) {
  const told = useAnswer("readPatient", { patient });
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "patients" })}>{texts.patient.back}</a>
      </p>
      {told === null && <Busy>{texts.loading}</Busy>}
      {told && !told.ok && <Reasons reasons={told.reasons} />}
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
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
