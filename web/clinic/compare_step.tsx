// Every old and new value, which nothing goes past; the dose typed once more; the person's key.
import { useEffect, useMemo, useRef, useState } from "react";

import type { Answered, Asked } from "./api";
import { fieldOf, type Therapy } from "./change_step";
import { ask, newWish, type Reason, type Told } from "./client";
import styles from "./clinic.module.css";
import { CompareTables } from "./compare_tables";
import { type DoseEntry, DoseField } from "./dose_field";
import { hold } from "./held";
import { FirstHoursOf } from "./first_hours";
import { Action, Busy, Heading, Reasons } from "./parts";
import { say } from "./passkey";
import type { Outcome } from "./sent_step";
import { texts } from "./texts";

type Draft = Answered["draftChange"];
type Body = Asked["sendDraft"]["body"];

/** A wish to send: asked again it is the same wish, with the same yes. */
export interface Wish {
  readonly draft: number;
  readonly once: string;
  readonly body: Body;
}

/** The field that a refusal names where it takes another clinician. */
const secondField = "second_clinician";
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

export function CompareStep({ draft, therapy, keeps, onBack, onOutcome }: {
  readonly draft: Draft;
  readonly therapy: Therapy;
  /** The order is kept until the pump is filled. */
  readonly keeps: boolean;
  readonly onBack: () => void;
  readonly onOutcome: (outcome: Outcome) => void;
}) {
  const field = useMemo(() => fieldOf(therapy.dose), [therapy]);
  const [typed, setTyped] = useState<DoseEntry>({ text: "", value: null });
  const [insist, setInsist] = useState(false);
  const [busy, setBusy] = useState<"no" | "signing" | "sending">("no");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  /** Signed by this person, and another clinician's signature is missing. */
  const [half, setHalf] = useState<Wish | null>(null);
  const [asked, setAsked] = useState(false);
  const started = useRef(false); // two clicks within one frame are one

  useEffect(() => {
    if (!asked || !half) return;
    let here = true;
    const timer = setInterval(() => {
      void ask("askedOfSecond", { path: { draft: half.draft } }).then((told) => {
        if (!here || !told.ok || told.it.is === "waiting") return;
        if (told.it.is === "sent" && told.it.sent)
          return onOutcome({ state: told.it.sent.state, sent: told.it.sent, wish: half });
        setAsked(false);
        setReasons([{ field: "", happened: texts.second.over, do: texts.read.anew }]);
      });
    }, soonMs);
    return () => {
      here = false;
      clearInterval(timer);
    };
  }, [asked, half, onOutcome]);

  useEffect(() => (busy === "sending" ? hold() : undefined), [busy]);

  const waits = asked && half ? half.draft : null;
  useEffect(() => {
    if (waits === null) return;
    return () => void ask("withdrawSignature", { path: { draft: waits } }); // what was sent by then stays sent
  }, [waits]);

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
    if (!told.ok) {
      setHalf(told.reasons.some(({ field }) => field === secondField) ? wish : null);
      return setReasons(told.reasons);
    }
    onOutcome({ state: told.it.state, sent: told.it, wish });
  };

  const askSecond = async () => {
    const [assertion] = half?.body.assertions ?? [];
    if (!half || assertion === undefined) return;
    setReasons([]);
    const told = await ask("askSecond", {
      path: { draft: half.draft },
      body: { daily_dose: half.body.daily_dose, assertion },
      once: newWish(),
    });
    if (told.ok) setAsked(true);
    else setReasons(told.reasons);
  };

  return (
    <section className={styles["card"]}>
      <Heading>{texts.compare.title}</Heading>
      <CompareTables rows={draft.rows} drug={therapy.drug} />
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
      {draft.first_hours && <FirstHoursOf hours={draft.first_hours} />}
      <div className={styles["sign"]}>
        <DoseField label={texts.compare.typed} field={field} insist={insist} onChange={setTyped} />
      </div>
      <Reasons reasons={reasons} />
      {busy === "signing" && <Busy>{texts.compare.signing}</Busy>}
      {busy === "sending" && <Busy>{keeps ? texts.fluid.signing : texts.compare.sending}</Busy>}
      {asked && <Busy>{texts.second.asked}</Busy>}
      {busy === "no" && !asked && (
        <div className={styles["actions"]}>
          {half && <Action onClick={() => void askSecond()}>{texts.second.ask}</Action>}
          <Action quiet={half !== null} onClick={() => void sign()}>
            {keeps ? texts.fluid.sign : texts.compare.sign}
          </Action>
          <Action quiet onClick={onBack}>
            {texts.compare.back}
          </Action>
        </div>
      )}
      <p className={styles["quietly"]}>{keeps ? texts.fluid.pump : draft.first_hours ? texts.implant.before : texts.compare.pump}</p>
    </section>
  );
}
