// The patient's pages.
import "@fontsource/atkinson-hyperlegible/latin-400.css";
import "@fontsource/atkinson-hyperlegible/latin-700.css";

import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

import { EmergencyCard } from "./card";
import { takeKey } from "./client";
import { AfterDose, Diary } from "./diary";
import styles from "./handheld.module.css";
import { Home } from "./home";
import { keepToldPain, toldPain } from "./kept";
import { MyPump } from "./my_pump";
import { install } from "./offline";
import { shown as shownOf } from "./shown";
import { texts } from "./texts";
import { type Programmer, useProgrammer } from "./use_programmer";

const tabs = ["dose", "diary", "pump", "card"] as const;
type Tab = (typeof tabs)[number];

/** On every page while something is being given: less drug is never out of reach. */
function Stop({ programmer, giving }: { readonly programmer: Programmer; readonly giving: boolean }) {
  const deed = programmer.pump?.deed;
  const said = deed?.what === "end dose" ? deed : null;
  if (!giving && said?.state !== "not known yet") return null;
  return (
    <div className={styles["stop"]}>
      <button type="button" onClick={programmer.endDose}>
        {texts.stop.stop}
      </button>
      <p role="status" data-state={said?.state ?? ""}>
        {said && said.state !== "done" ? texts.stop[said.state] : ""}
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
  const putOff = () => {
    keepToldPain(ended);
    setTold(ended);
  };
  return (
    <div className={styles["page"]}>
      <header>
        {shown.old && !locked && (
          <p className={styles["old"]} role="status" data-state="old">
            {shown.old}
          </p>
        )}
      </header>
      <main className={styles["main"]}>
        {(pump?.demo ?? card?.demo) && (
          <p className={styles["demo"]}>
            {texts.demo} {texts.research}
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
              {ended > told && <AfterDose key={ended} request={ended} onDone={putOff} />}
            </Home>
          </>
        )}
        {!locked && tab === "diary" && <Diary now={now} />}
        {!locked && tab === "pump" && <MyPump programmer={programmer} />}
        {tab === "card" && <EmergencyCard card={card} seen={seen} />}
      </main>
      <div className={styles["below"]}>
        {!locked && <Stop programmer={programmer} giving={shown.giving !== null} />}
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
