// Every old and new value, which nothing goes past; the dose typed once more; the person's key.
import { useEffect, useMemo, useRef, useState } from "react";

import type { Answered, Asked } from "./api";
import { fieldOf, type Therapy } from "./change_step";
import { ask, newWish, type Reason, type Told } from "./client";
import styles from "./clinic.module.css";
import { type DoseEntry, DoseField } from "./dose_field";
import { Action, Busy, Heading, Reasons, Rows } from "./parts";
import { say } from "./passkey";
import type { Outcome } from "./sent_step";
import { filledIn, texts } from "./texts";

type Draft = Answered["draftChange"];
type Body = Asked["sendDraft"]["body"];

/** A wish to send: asked again it is the same wish, with the same yes. */
export interface Wish {
  readonly draft: number;
  readonly once: string;
  readonly body: Body;
}

const busyAtTheServer = 409;
const soonMs = 1500;
const mostTries = 40;

/** What became of it; "lost" where no answer comes. Nothing is done twice: the server knows the wish by its name. */
export async function send(wish: Wish): Promise<Told<Answered["sendDraft"]> | "lost"> {
  for (let tries = 0; tries < mostTries; ++tries) {
    const told = await ask("sendDraft", { path: { draft: wish.draft }, body: wish.body, once: wish.once });
    if (told.ok) return told;
    if (told.status === 0 || told.status >= 500) return "lost";
    const underWay = told.status === busyAtTheServer && told.reasons.some(({ happened }) => happened.includes("being done"));
    if (!underWay) return told;
    await new Promise((soon) => setTimeout(soon, soonMs));
  }
  return "lost";
}

/** Of the order, not of the therapy. */
const papers: ReadonlySet<string> = new Set(["order", "prescription", "instead of", "written"]);

/** "5.4 mg/day instead of 6 mg/day: -10 %", of the drug that doses are of. */
function doseChange(draft: Draft, drug: string): string | null {
  const row = draft.rows.find(({ what }) => what === `daily dose, ${drug}`);
  const [before, beforeUnit] = row?.before.split(" ") ?? [];
  const [now, nowUnit] = row?.now.split(" ") ?? [];
  if (!row?.changed || beforeUnit === undefined || beforeUnit !== nowUnit || !(Number(before) > 0)) return null;
  const percent = ((Number(now) - Number(before)) / Number(before)) * 100;
  const change = `${percent > 0 ? "+" : "−"}${Number(Math.abs(percent).toPrecision(3))} %`;
  return filledIn(texts.compare.dose, { now: row.now, before: row.before, change });
}

export function CompareStep({ draft, therapy, onBack, onOutcome }: {
  readonly draft: Draft;
  readonly therapy: Therapy;
  readonly onBack: () => void;
  readonly onOutcome: (outcome: Outcome) => void;
}) {
  const field = useMemo(() => fieldOf(therapy.dose), [therapy]);
  const [typed, setTyped] = useState<DoseEntry>({ text: "", value: null });
  const [insist, setInsist] = useState(false);
  const [busy, setBusy] = useState<"no" | "signing" | "sending">("no");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const started = useRef(false); // two clicks within one frame are one

  useEffect(() => {
    if (busy !== "sending") return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [busy]);

  const sign = async () => {
    setInsist(true);
    if (typed.value === null || started.current) return;
    started.current = true;
    setReasons([]);
    setBusy("signing");
    const asked = await ask("askChallenge", {}); // tells the site that the key is asked for
    const yes = asked.ok ? await say(draft.challenge, asked.it.site) : asked;
    if (!yes.ok) {
      started.current = false;
      setBusy("no");
      return setReasons(yes.reasons);
    }
    setBusy("sending");
    const wish: Wish = {
      draft: draft.draft,
      once: newWish(),
      body: { daily_dose: `${typed.value} ${therapy.dose.unit}`, assertions: [yes.it] },
    };
    const told = await send(wish);
    started.current = false;
    setBusy("no");
    if (told === "lost") return onOutcome({ state: "lost", wish });
    if (!told.ok) return setReasons(told.reasons);
    onOutcome({ state: told.it.state, sent: told.it, wish });
  };

  const changed = draft.rows.filter((row) => row.changed && !papers.has(row.what));
  const written = draft.rows.filter((row) => row.changed && papers.has(row.what));
  const dose = doseChange(draft, therapy.drug);
  const same = draft.rows.filter((row) => !row.changed);
  const columns = [texts.compare.what, texts.compare.before, texts.compare.then];
  return (
    <section className={styles["card"]}>
      <Heading>{texts.compare.title}</Heading>
      {dose !== null && <p className={styles["headline"]}>{dose}</p>}
      <h2 className={styles["second"]}>
        {changed.length === 0 ? texts.compare.noTherapy : filledIn(texts.compare.changed, { count: changed.length })}
      </h2>
      <div className={styles["changed"]}>
        <Rows rows={changed} columns={columns} caption={texts.compare.title} />
      </div>
      <h2 className={styles["second"]}>{texts.compare.papers}</h2>
      <div className={styles["papers"]}>
        <Rows rows={written} columns={columns} caption={texts.compare.papers} />
      </div>
      <details className={styles["fold"]}>
        <summary>{filledIn(texts.compare.unchanged, { count: same.length })}</summary>
        <Rows rows={same} columns={columns} caption={filledIn(texts.compare.unchanged, { count: same.length })} />
      </details>
      {draft.notes.length > 0 && (
        <>
          <h2 className={styles["second"]}>{texts.compare.notes}</h2>
          <ul className={styles["notes"]}>
            {draft.notes.map((note) => (
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
          <Action onClick={() => void sign()}>{texts.compare.sign}</Action>
          <Action quiet onClick={onBack}>
            {texts.compare.back}
          </Action>
        </div>
      )}
      <p className={styles["quietly"]}>{texts.compare.pump}</p>
    </section>
  );
}
