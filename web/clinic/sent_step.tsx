// What became of an order: the pump's answer, or that nobody knows yet and what to do.
import { useState } from "react";

import { bytesOf, NoOrder, orderBytes, orderSentence, readOrder, sameBytes } from "../shared/order";
import type { Answered } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { send, type Wish } from "./compare_step";
import { Action, Busy, Heading, Reasons } from "./parts";
import { filledIn, texts } from "./texts";

type Sent = Answered["sendDraft"];

export type Outcome =
  | { readonly state: Sent["state"]; readonly sent: Sent; readonly wish: Wish }
  /** Nobody has answered. */
  | { readonly state: "lost"; readonly wish: Wish };

/** This page's own word on what was read back: of the bytes, not of what the server says of them. */
export function comparison(signed: string, runs: string): { readonly same: boolean; readonly sentence: string } {
  try {
    const bytes = bytesOf(runs);
    return { same: sameBytes(bytesOf(signed), bytes), sentence: orderSentence(readOrder(bytes)) };
  } catch (error) {
    if (error instanceof NoOrder) return { same: false, sentence: error.message };
    throw error;
  }
}

type Mood = "good" | "bad" | "open";

/** What became of `order`; `lost` is said where nobody has answered. */
export function Verdict({ order, sent, lost }: {
  readonly order: string;
  readonly sent: Sent | "lost";
  readonly lost: string;
}) {
  let mood: Mood = "open";
  let title: string = texts.sent.unknown;
  const lines: string[] = [];
  if (sent === "lost") {
    lines.push(lost);
  } else if (sent.state === "failed" || sent.state === "refused") {
    [mood, title] = ["bad", texts.sent.failed];
    lines.push(sent.message);
  } else if (sent.state === "signed") {
    [mood, title] = ["good", texts.fluid.signed];
    lines.push(texts.fluid.signedDo);
  } else if (sent.state === "confirmed" && sent.runs !== undefined) {
    const { same, sentence } = comparison(order, sent.runs);
    [mood, title] = same ? ["good", texts.sent.confirmed] : ["bad", texts.sent.differs];
    lines.push(sentence, same ? filledIn(texts.sent.exactly, { bytes: orderBytes }) : texts.sent.differsDo);
  } else if (sent.state === "confirmed") {
    title = texts.sent.unread;
    lines.push(sent.message, texts.sent.unreadDo);
  } else {
    lines.push(sent.message, texts.sent.unknownDo);
  }
  return (
    <div className={styles["verdict"]} data-mood={mood}>
      <Heading>{title}</Heading>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}

export function SentStep({ draft, outcome, watch, onOutcome, onAnew }: {
  readonly draft: Answered["draftChange"];
  readonly outcome: Outcome;
  /** The page of the first hours of a first therapy. */
  readonly watch: string;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly onAnew: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const open = outcome.state === "lost" || outcome.state === "unknown" || outcome.state === "pending";

  const again = async () => {
    setBusy(true);
    setReasons([]);
    if (outcome.state === "unknown" && outcome.sent.send !== undefined) {
      const told = await ask("settleSend", { path: { send: outcome.sent.send }, once: newWish() });
      if (told.ok) onOutcome({ state: told.it.state, sent: told.it, wish: outcome.wish });
      else setReasons(told.reasons);
    } else {
      const told = await send(outcome.wish);
      if (told !== "lost" && told.ok) onOutcome({ state: told.it.state, sent: told.it, wish: outcome.wish });
      else if (told !== "lost") setReasons(told.reasons);
    }
    setBusy(false);
  };

  return (
    <section className={styles["card"]}>
      <Verdict
        key={outcome.state}
        order={draft.order}
        sent={outcome.state === "lost" ? "lost" : outcome.sent}
        lost={texts.sent.lost}
      />
      {draft.first_hours && outcome.state === "confirmed" && (
        <p className={styles["headline"]}>
          <a href={watch}>{texts.firstHours.goOn}</a>
        </p>
      )}
      <Reasons reasons={reasons} />
      {busy && <Busy>{texts.sent.asking}</Busy>}
      {!busy && (
        <div className={styles["actions"]}>
          {open && (
            <Action onClick={() => void again()}>
              {outcome.state === "unknown" ? texts.sent.askPump : texts.sent.askServer}
            </Action>
          )}
          <Action quiet={open} onClick={onAnew}>
            {texts.sent.anew}
          </Action>
        </div>
      )}
    </section>
  );
}
