// The patient's pages.
import "@fontsource/atkinson-hyperlegible/latin-400.css";
import "@fontsource/atkinson-hyperlegible/latin-700.css";

import { StrictMode, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

import { EmergencyCard } from "./card";
import { takeKey } from "./client";
import { AfterDose, Diary } from "./diary";
import styles from "./handheld.module.css";
import { Home } from "./home";
import { keepToldPain, toldPain } from "./kept";
import { MyPump } from "./my_pump";
import { install } from "./offline";
import { type Shown, shown as shownOf } from "./shown";
import { texts } from "./texts";
import { type Programmer, useProgrammer } from "./use_programmer";

const tabs = ["dose", "diary", "pump", "card"] as const;
type Tab = (typeof tabs)[number];

/** On every page while something is being given: less drug is never out of reach. */
function Stop({ programmer, shown }: { readonly programmer: Programmer; readonly shown: Shown }) {
  const said = shown.deed?.what === "end dose" ? shown.deed : null;
  // As the pump said last: a reading that is old, and a clock, end no dose.
  const giving = (programmer.pump?.seen ?? null)?.giving != null;
  const there = giving || said?.state === "not known yet";
  const tells = there || said?.state === "done" || said?.state === "doing";
  return (
    <div className={styles["stop"]} data-there={there || tells}>
      {there && (
        <button type="button" onClick={programmer.endDose}>
          {texts.stop.stop}
        </button>
      )}
      <p role="status" data-state={said?.state ?? ""}>
        {said && tells ? texts.stop[said.state] : ""}
      </p>
    </div>
  );
}

function Pages() {
  const programmer = useProgrammer();
  const [tab, setTab] = useState<Tab>("dose");
  const [told, setTold] = useState(toldPain);
  const { pump, own, now, locked, card } = programmer;
  const shown = shownOf(pump, own, now);
  const seen = pump?.seen ?? null;
  const ended = shown.result?.state === "given" || shown.result?.state === "stopped" ? (pump?.ask?.request ?? 0) : 0;
  const scroll = useRef<HTMLElement>(null);
  useEffect(() => {
    scroll.current?.scrollTo(0, 0);
  }, [tab]);
  const putOff = () => {
    keepToldPain(ended);
    setTold(ended);
  };
  return (
    <div className={styles["page"]}>
      <p className={styles["unseen"]} role="status">
        {locked ? "" : shown.spoken}
      </p>
      <main className={styles["main"]} ref={scroll} tabIndex={0}>
        {(pump?.demo ?? card?.demo) && (
          <p className={styles["demo"]}>
            {texts.demo} {texts.research}
          </p>
        )}
        {shown.old && !locked && (
          <p className={styles["old"]} data-state="old">
            {shown.old}
          </p>
        )}
        {locked && tab !== "card" && (
          <section className={styles["panel"]}>
            <h1>{texts.key.title}</h1>
            <p>{texts.key.do}</p>
          </section>
        )}
        {!locked && tab === "dose" && (
          <>
            <h1 className={styles["unseen"]}>{texts.title}</h1>
            <Home programmer={programmer} shown={shown}>
              {ended > 0 && ended !== told && <AfterDose key={ended} request={ended} onDone={putOff} />}
            </Home>
          </>
        )}
        {!locked && tab === "diary" && <Diary />}
        {!locked && tab === "pump" && <MyPump programmer={programmer} shown={shown} />}
        {tab === "card" && <EmergencyCard card={card} seen={seen} />}
      </main>
      <div className={styles["below"]}>
        {!locked && <Stop programmer={programmer} shown={shown} />}
        <nav aria-label={texts.title}>
          {tabs.map((name) => (
            <button key={name} type="button" aria-current={tab === name ? "page" : undefined} onClick={() => setTab(name)}>
              {texts.tabs[name]}
            </button>
          ))}
        </nav>
      </div>
    </div>
  );
}

takeKey();
// A link that is opened where the page stands already changes the address and loads nothing.
addEventListener("hashchange", takeKey);
document.title = texts.title;
document.documentElement.lang = texts.language;
const root = document.getElementById("page");
if (!root) throw new Error("the page has no element #page");
createRoot(root).render(
  <StrictMode>
    <Pages />
  </StrictMode>,
);
install();
