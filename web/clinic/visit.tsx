// One visit at one pump: read, change, compare, sent. What is drafted belongs to this patient, this pump and this
// reading, and is gone with the page.
import { useEffect, useState } from "react";

import type { Answered } from "./api";
import { type Change, ChangeStep, concentrationText, type Fluid } from "./change_step";
import styles from "./clinic.module.css";
import { CompareStep } from "./compare_step";
import { OpenFirstHours } from "./first_hours";
import { FluidStep } from "./fluid_step";
import { ImplantStep, type ImplantWords } from "./implant_step";
import { Busy, Reasons } from "./parts";
import type { PatientNow } from "./patients";
import { type Found, ReadStep } from "./read_step";
import { OpenRefill } from "./refill";
import { hashOf } from "./route";
import { type Outcome, SentStep } from "./sent_step";
import { texts } from "./texts";
import { useAnswer } from "./use_answer";

type PumpNow = PatientNow["pumps"][number];
type Draft = Answered["draftChange"];

type Stage =
  | { readonly at: "read" }
  | { readonly at: "fluid" }
  | { readonly at: "implant" }
  | { readonly at: "change" }
  | { readonly at: "compare"; readonly draft: Draft }
  | { readonly at: "sent"; readonly draft: Draft; readonly outcome: Outcome };
const stages: readonly Stage["at"][] = ["read", "change", "compare", "sent"];

/** Whom all of this is about. It stands on every step. */
export function Identity({ patient, pump, drug }: {
  readonly patient: PatientNow;
  readonly pump: PumpNow;
  readonly drug: string | undefined;
}) {
  return (
    <aside className={styles["identity"]} aria-label={patient.name}>
      <strong>{patient.name}</strong>
      <span>
        {texts.patients.born} {patient.birth_date}
      </span>
      <span>
        {pump.model}, {texts.patient.serial} <b>{pump.serial_ends}</b>
      </span>
      {drug !== undefined && <span>{drug}</span>}
    </aside>
  );
}

function Steps({ at }: { readonly at: Stage["at"] }) {
  const now = stages.indexOf(at === "fluid" || at === "implant" ? "change" : at);
  return (
    <ol className={styles["steps"]}>
      {texts.steps.map((name, i) => (
        <li key={name} data-is={i < now ? "done" : i === now ? "now" : "ahead"} {...(i === now ? { "aria-current": "step" } : {})}>
          <span>{i + 1}</span> {name}
        </li>
      ))}
    </ol>
  );
}

export function Visit({ patient, pump }: { readonly patient: number; readonly pump: number }) {
  const told = useAnswer("readPatient", { patient });
  const [found, setFound] = useState<Found | null>(null);
  const [change, setChange] = useState<Change | null>(null);
  const [fluid, setFluid] = useState<Fluid | null>(null);
  const [implant, setImplant] = useState<ImplantWords | null>(null);
  const [looked, setLooked] = useState(0);
  const [stage, setStage] = useState<Stage>({ at: "read" });
  const [old, setOld] = useState(false);

  useEffect(() => {
    if (!found) return;
    const timer = setTimeout(() => setOld(true), Math.max(0, found.goodUntil - Date.now()));
    return () => clearTimeout(timer);
  }, [found]);

  if (told === null) return <Busy>{texts.loading}</Busy>;
  if (!told.ok) return <Reasons reasons={told.reasons} />;
  const its = told.it.pumps.find((one) => one.pump === pump);
  if (!its)
    return (
      <p className={styles["back"]}>
        <a href={hashOf({ at: "patient", patient })}>{told.it.name}</a>
      </p>
    );

  const anew = () => {
    setFound(null);
    setChange(null);
    setFluid(null);
    setImplant(null);
    setStage({ at: "read" });
  };
  const runs = found?.reading.therapy;
  const therapy = runs ?? (implant ? fluid?.therapy : undefined);
  return (
    <>
      <p className={styles["back"]}>
        <a href={hashOf({ at: "patient", patient })}>{told.it.name}</a>
      </p>
      <Identity patient={told.it} pump={its} drug={therapy && `${therapy.drug} ${concentrationText(therapy)}`} />
      <Steps at={stage.at} />
      {old && found && (stage.at === "fluid" || stage.at === "implant" || stage.at === "change" || stage.at === "compare") && (
        <div className={styles["wrong"]} role="alert">
          <p>{texts.read.over}</p>
          <button type="button" className={styles["link"]} onClick={anew}>
            {texts.read.anew}
          </button>
        </div>
      )}
      <p className={styles["emergency"]}>
        <a href={hashOf({ at: "lower", patient, pump })}>{texts.emergency.atPump}</a>
      </p>
      {stage.at === "read" && (
        <p className={styles["onward"]}>
          <a href={hashOf({ at: "follow", patient, pump })}>{texts.follow.atPump}</a>
        </p>
      )}
      {stage.at === "read" && <OpenFirstHours patient={patient} pump={pump} />}
      {stage.at === "read" && <OpenRefill key={looked} patient={patient} pump={pump} />}
      {stage.at === "read" && (
        <ReadStep
          patient={patient}
          pump={pump}
          found={found}
          old={old}
          onFound={(reading) => {
            setOld(false);
            setFound(reading);
          }}
          onNext={() => {
            setFluid(null);
            setStage({ at: "change" });
          }}
          onFluid={() => setStage({ at: "fluid" })}
          onImplant={() => setStage({ at: "implant" })}
          onOpen={() => setLooked((times) => times + 1)}
        />
      )}
      {stage.at === "fluid" && found && (
        <FluidStep
          reading={found.reading.reading}
          onFluid={(chosen) => {
            setChange(null);
            setFluid(chosen);
            setStage({ at: "change" });
          }}
        />
      )}
      {stage.at === "implant" && found && (
        <ImplantStep
          reading={found.reading.reading}
          onNext={(words, chosen) => {
            setChange(null);
            setImplant(words);
            setFluid(chosen);
            setStage({ at: "change" });
          }}
        />
      )}
      {stage.at === "change" && found && therapy && (
        <ChangeStep
          reading={found.reading.reading}
          runs={runs ?? null}
          fluid={fluid}
          implant={implant}
          before={change}
          onDraft={(draft, made) => {
            setChange(made);
            setStage({ at: "compare", draft });
          }}
        />
      )}
      {stage.at === "compare" && therapy && (
        <CompareStep
          draft={stage.draft}
          therapy={fluid?.therapy ?? therapy}
          keeps={fluid !== null && implant === null}
          onBack={() => setStage({ at: "change" })}
          onOutcome={(outcome) => {
            // Signed, and the pump runs as before until it is filled.
            if (outcome.state === "signed" && outcome.sent.refill !== undefined)
              location.hash = hashOf({ at: "refill", patient, pump, refill: outcome.sent.refill });
            else setStage({ at: "sent", draft: stage.draft, outcome });
          }}
        />
      )}
      {stage.at === "sent" && (
        <SentStep
          draft={stage.draft}
          outcome={stage.outcome}
          watch={hashOf({ at: "first-hours", patient, pump })}
          onOutcome={(outcome) => setStage({ at: "sent", draft: stage.draft, outcome })}
          onAnew={anew}
        />
      )}
    </>
  );
}
