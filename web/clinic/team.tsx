// Who cares for a patient; whoever does changes it.
import { useEffect, useState } from "react";

import type { Answered } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Reasons } from "./parts";
import { filledIn, texts } from "./texts";

type People = Answered["readTeam"];

export function Team({ patient }: { readonly patient: number }) {
  const [people, setPeople] = useState<People | null>(null);
  const [joining, setJoining] = useState("");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const [busy, setBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let here = true;
    void ask("readTeam", { path: { patient } }).then((told) => {
      if (!here) return;
      if (told.ok) setPeople(told.it);
      else setReasons(told.reasons);
    });
    return () => {
      here = false;
    };
  }, [patient, turn]);
  const change = async (person: number, joins: boolean) => {
    setBusy(true);
    setReasons([]);
    const told = await ask("changeTeam", { path: { patient }, body: { person, joins }, once: newWish() });
    setBusy(false);
    setJoining("");
    if (!told.ok) setReasons(told.reasons);
    setTurn(turn + 1);
  };
  return (
    <details className={styles["fold"]}>
      <summary>{texts.team.title}</summary>
      {people === null && reasons.length === 0 && <Busy>{texts.loading}</Busy>}
      <Reasons reasons={reasons} />
      {people !== null && (
        <>
          <ul className={styles["team"]}>
            {people.members.map((one) => (
              <li key={one.person}>
                <span>{filledIn(texts.team.who, { name: one.name, role: one.role })}</span>
                {!busy && (
                  <Action quiet onClick={() => void change(one.person, false)}>
                    {filledIn(texts.team.leave, { name: one.name })}
                  </Action>
                )}
              </li>
            ))}
          </ul>
          {people.others.length > 0 && (
            <div className={styles["fields"]}>
              <label className={styles["select"]}>
                {texts.team.choose}
                <select value={joining} onChange={(event) => setJoining(event.currentTarget.value)}>
                  <option value="">–</option>
                  {people.others.map((one) => (
                    <option key={one.person} value={one.person}>
                      {filledIn(texts.team.who, { name: one.name, role: one.role })}
                    </option>
                  ))}
                </select>
              </label>
            </div>
          )}
          {joining !== "" && !busy && (
            <div className={styles["actions"]}>
              <Action onClick={() => void change(Number(joining), true)}>{texts.team.join}</Action>
            </div>
          )}
        </>
      )}
    </details>
  );
}
