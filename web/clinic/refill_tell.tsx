// The pump is told what is in it now: read anew, every old and new value, the person's key, and what became of it.
import { useEffect, useRef, useState } from "react";

import type { Answered } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { hold } from "./held";
import { Action, Busy, Heading, Reasons, Rows } from "./parts";
import { say } from "./passkey";
import { millilitres, type Refill, type StepProps } from "./refill";
import { filledIn, texts } from "./texts";

type Stated = Answered["stateFill"];
interface Wish {
  readonly once: string;
  readonly assertion: string;
}

const soonMs = 1500;
const mostTries = 40;

export function TellStep({ refill, onStep, onRefill, onAnew, told: answered, onTold }: StepProps & {
  readonly onRefill: (refill: Refill) => void;
  readonly onAnew: () => void;
  /** What the pump has answered, and is told as long as nothing else is. */
  readonly told: Answered["sendFill"] | null;
  readonly onTold: (sent: Answered["sendFill"]) => void;
}) {
  const [stated, setStated] = useState<Stated | null>(null);
  const [busy, setBusy] = useState<"no" | "reading" | "signing" | "sending" | "asking">("no");
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  /** Sent, and nobody has answered. */
  const [lost, setLost] = useState<Wish | null>(null);
  const [leaving, setLeaving] = useState(false);
  const [why, setWhy] = useState("");
  const started = useRef(false);
  useEffect(() => (busy === "sending" ? hold() : undefined), [busy]);

  const path = { refill: refill.refill };
  const unknown = refill.sent?.state === "unknown" || refill.sent?.state === "pending";

  const state = async () => {
    setBusy("reading");
    setReasons([]);
    const told = await ask("stateFill", { path, once: newWish() });
    setBusy("no");
    if (!told.ok) return setReasons(told.reasons);
    setStated(told.it);
    onRefill(told.it.refill);
  };

  const hand = async (wish: Wish) => {
    setBusy("sending");
    for (let tries = 0; tries < mostTries; ++tries) {
      const told = await ask("sendFill", { path, body: { assertion: wish.assertion }, once: wish.once });
      if (told.ok) {
        setLost(null);
        onTold(told.it);
        if (told.it.state !== "confirmed") setStated(null);
        break;
      }
      if (told.status === 0 || told.status >= 500) {
        setLost(lost && told.status >= 500 ? null : wish); // a server that fails twice is looked at, not asked again
        break;
      }
      if (!(told.status === 409 && told.reasons.some(({ happened }) => happened.includes("being done")))) {
        setLost(null);
        setStated(null);
        setReasons(told.reasons);
        break;
      }
      await new Promise((soon) => setTimeout(soon, soonMs));
    }
    setBusy("no");
    onAnew();
  };

  const sign = async () => {
    if (!stated || started.current) return;
    started.current = true;
    setReasons([]);
    setBusy("signing");
    const asked = await ask("askChallenge", {});
    const yes = asked.ok ? await say(stated.challenge, asked.it.site) : asked;
    if (yes.ok) {
      await hand({ once: newWish(), assertion: yes.it });
    } else {
      setBusy("no");
      setReasons(yes.reasons);
    }
    started.current = false;
  };

  const settle = async () => {
    setBusy("asking");
    setReasons([]);
    const told = await ask("settleFill", { path, once: newWish() });
    setBusy("no");
    if (told.ok) onTold(told.it);
    else setReasons(told.reasons);
    setStated(null);
    onAnew();
  };

  if (leaving)
    return (
      <>
        <Heading>{texts.refill.untold.title}</Heading>
        <p className={styles["check"]}>{texts.refill.untold.how}</p>
        <label className={styles["reason"]}>
          {texts.refill.untold.why}
          <textarea rows={3} maxLength={500} value={why} onChange={(event) => setWhy(event.currentTarget.value)} />
        </label>
        <div className={styles["actions"]}>
          <Action onClick={() => setLeaving(false)}>{texts.refill.untold.not}</Action>
          <Action quiet onClick={() => void onStep({ is: "untold", why: why.trim() === "" ? " " : why.trim() })}>
            {texts.refill.untold.button}
          </Action>
        </div>
      </>
    );

  if (lost || unknown)
    return (
      <>
        <div className={styles["verdict"]} data-mood="open">
          <Heading>{texts.sent.unknown}</Heading>
          <p>{lost ? texts.refill.tell.lost : texts.refill.tell.unknown}</p>
        </div>
        <Reasons reasons={reasons} />
        {busy !== "no" && <Busy>{texts.sent.asking}</Busy>}
        {busy === "no" && (
          <div className={styles["actions"]}>
            {lost ? (
              <Action onClick={() => void hand(lost)}>{texts.sent.askServer}</Action>
            ) : (
              <Action onClick={() => void settle()}>{texts.sent.askPump}</Action>
            )}
          </div>
        )}
        {busy === "no" && !lost && (
          <p className={styles["aside"]}>
            <button type="button" className={styles["link"]} onClick={() => setLeaving(true)}>
              {texts.refill.untold.openUnknown}
            </button>
          </p>
        )}
      </>
    );

  return (
    <>
      <Heading>{texts.refill.tell.title}</Heading>
      {refill.broken_off !== undefined && (
        <div className={styles["check"]} role="alert">
          <p>
            <strong>{texts.refill.tell.brokenOff}</strong> {refill.broken_off}
          </p>
        </div>
      )}
      <p className={styles["headline"]}>{filledIn(texts.refill.tell.holds, { volume: millilitres(refill.tells_nl ?? 0) })}</p>
      <p>{texts.refill.tell.how}</p>
      {refill.sent?.state === "failed" && (
        <div className={styles["check"]} role="alert">
          <p>
            <strong>{texts.refill.tell.failed}</strong> {answered?.state === "failed" ? answered.message : refill.sent.message}
          </p>
        </div>
      )}
      {stated && (
        <>
          <Rows rows={stated.rows} columns={[texts.compare.what, texts.refill.tell.before, texts.refill.tell.then]} caption={texts.refill.tell.compare} />
          <p className={styles["quietly"]}>{refill.takes_order ? texts.refill.tell.newOrder : texts.refill.tell.noDose}</p>
        </>
      )}
      <Reasons reasons={reasons} />
      {busy === "reading" && <Busy>{texts.read.reading}</Busy>}
      {busy === "signing" && <Busy>{texts.compare.signing}</Busy>}
      {busy === "sending" && <Busy>{texts.compare.sending}</Busy>}
      {busy === "no" && (
        <div className={styles["actions"]}>
          {stated && <Action onClick={() => void sign()}>{texts.refill.tell.sign}</Action>}
          <Action quiet={stated !== null} onClick={() => void state()}>
            {stated ? texts.refill.tell.anew : texts.refill.tell.read}
          </Action>
        </div>
      )}
      {busy === "no" && (
        <p className={styles["aside"]}>
          <button type="button" className={styles["link"]} onClick={() => setLeaving(true)}>
            {texts.refill.untold.open}
          </button>
        </p>
      )}
    </>
  );
}
