// The programmer as a page sees it: asked again and again while somebody looks, and told the patient's wishes once.
import { useCallback, useEffect, useRef, useState } from "react";

import * as client from "./client";
import { closedResult, keepCard, keepClosed, keepPump, keepWish, lastCard, lastPump, openWish } from "./kept";
import type { Card, Deed, Pump } from "./pump";
import type { Own } from "./shown";

const quietMs = 5_000;
const busyMs = 1_000;
const settleMs = 2_000;
const unauthorised = 401;
const conflict = 409;

const goesOn = (pump: Pump | null): boolean =>
  pump !== null &&
  (pump.looking || pump.seen === null || pump.seen.giving !== null || pump.ask?.state === "asking" || pump.ask?.state === "not known yet" || pump.deed?.state === "doing");

export interface Programmer {
  readonly pump: Pump | null;
  readonly card: Card | null;
  readonly own: Own;
  readonly now: number;
  /** This browser has no key, or another one. */
  readonly locked: boolean;
  readonly askForDose: () => void;
  readonly closeResult: (intent: string) => void;
  readonly look: () => void;
  readonly endDose: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly refuseTransfer: (number: number) => void;
}

export function useProgrammer(): Programmer {
  const [last] = useState(lastPump);
  const [pump, setPump] = useState<Pump | null>(last?.pump ?? null);
  const [card, setCard] = useState<Card | null>(lastCard);
  const [answers, setAnswers] = useState<boolean | null>(null);
  const [answeredAt, setAnsweredAt] = useState(last?.at ?? 0);
  const [sending, setSending] = useState<string | null>(null);
  const [lost, setLost] = useState<string | null>(openWish);
  const [voided, setVoided] = useState<string | null>(null);
  const [closed, setClosed] = useState<string | null>(closedResult);
  const [sent, setSent] = useState<Own["sent"]>(null);
  const [locked, setLocked] = useState(false);
  const [now, setNow] = useState(Date.now);
  const asked = useRef(false); // two presses within one frame are one
  const busy = goesOn(pump) || sending !== null || lost !== null || sent?.state === "doing";

  const took = useCallback((told: client.Told<Pump>) => {
    const at = Date.now();
    setNow(at);
    if (!told.ok) {
      setLocked(told.status === unauthorised);
      setAnswers(told.status !== 0 && told.status !== unauthorised);
      return;
    }
    setLocked(false);
    setAnswers(true);
    setAnsweredAt(at);
    setPump(told.it);
    keepPump({ pump: told.it, at });
    // The programmer's own word of it takes the place of this page's.
    setSent((before) => (before && before.state !== "doing" && told.it.deed?.what === before.what && told.it.deed.at_ms >= before.at ? null : before));
  }, []);

  useEffect(() => {
    let here = true;
    let timer: ReturnType<typeof setTimeout>;
    const turn = async () => {
      if (document.visibilityState === "visible") {
        const told = await client.readPump();
        if (!here) return;
        took(told);
      }
      clearTimeout(timer);
      timer = setTimeout(() => void turn(), busy ? busyMs : quietMs);
    };
    const seen = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible") void turn();
    };
    void turn();
    document.addEventListener("visibilitychange", seen);
    return () => {
      here = false;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [busy, took]);

  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);

  useEffect(() => {
    void client.readCard().then((told) => {
      if (!told.ok) return;
      setCard(told.it);
      keepCard(told.it);
    });
  }, [locked]);

  // A wish whose answer was lost, here or before this page was opened: the programmer says whether it has come.
  useEffect(() => {
    if (lost === null) return;
    let here = true;
    const turn = async () => {
      const told = await client.settle(lost);
      if (!here || !told.ok) return;
      // It stays open until what has become of it is read as well: no button in between.
      const read = await client.readPump();
      if (!here || !read.ok) return;
      took(read);
      if (!told.it.known) setVoided(lost);
      keepWish(null);
      setLost(null);
    };
    void turn();
    const timer = setInterval(() => void turn(), settleMs);
    return () => {
      here = false;
      clearInterval(timer);
    };
  }, [lost, took]);

  const askForDose = useCallback(() => {
    if (asked.current) return;
    asked.current = true;
    const intent = client.newIntent();
    keepWish(intent);
    setVoided(null);
    setSending(intent);
    void client.askForDose(intent).then((told) => {
      asked.current = false;
      setSending(null);
      if (told.ok) {
        keepWish(null);
        took(told);
      } else {
        setLost(intent); // also after a refusal: what became of it is asked, not guessed
      }
    });
  }, [took]);

  const closeResult = useCallback((intent: string) => {
    setClosed(intent);
    keepClosed(intent);
  }, []);
  const doing = (what: Deed["what"], send: () => Promise<client.Told<Pump>>) => () => {
    const at = Date.now();
    setSent({ what, state: "doing", at });
    void send().then((told) => {
      took(told);
      setSent(told.ok ? null : { what, state: told.status === conflict ? "busy" : "not answered", at });
    });
  };

  return {
    pump,
    card,
    own: { answers, answeredAt, sending, lost, voided, closed, sent },
    now,
    locked,
    askForDose,
    closeResult,
    look: () => void client.look().then(took),
    endDose: doing("end dose", client.endDose),
    pause: doing("pause", client.pause),
    resume: doing("resume", client.resume),
    refuseTransfer: (number) => doing("refuse transfer", () => client.refuseTransfer(number))(),
  };
}
