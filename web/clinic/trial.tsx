// What a change would do in many patients like this one, beside what runs, while it is being written: a picture of
// relief, what breathing and withdrawal come to, in words and numbers. It approves nothing.
import { useEffect, useState } from "react";

import type { Answered, Asked } from "./api";
import { ask } from "./client";
import styles from "./clinic.module.css";
import { Busy, Rows } from "./parts";
import { filledIn, texts } from "./texts";

type Body = Asked["tryChange"]["body"];
type Answer = Answered["tryChange"];
type Arms = NonNullable<Answer["draft"]>;
type Arm = Arms["nothing"];
type Asks = keyof Arms;

export interface Trial {
  /** What stands in the fields now is being tried. */
  readonly asking: boolean;
  /** The newest that was tried, and of what; it may be older than what stands in the fields. */
  readonly shown: { readonly body: Body; readonly it: Answer } | null;
  /** Of what stands in the fields: why it could not be tried. */
  readonly refused: string | null;
}

const restMs = 30;

/** `body` null: nothing that could be ordered stands in the fields. */
export function useTrial(reading: number, body: Body | null, naive: boolean | null): Trial {
  // Why it is done changes nothing in the patient.
  const key = body === null ? null : JSON.stringify({ ...body, reason: undefined, ...(naive === null ? {} : { opioid_naive: naive }) });
  const [shown, setShown] = useState<{ readonly key: string; readonly body: Body; readonly it: Answer } | null>(null);
  const [refused, setRefused] = useState<{ readonly key: string; readonly why: string } | null>(null);
  useEffect(() => {
    if (key === null) return;
    let here = true;
    const asked = JSON.parse(key) as Body;
    const timer = setTimeout(() => {
      void ask("tryChange", { path: { reading }, body: asked }).then((told) => {
        if (!here) return;
        if (told.ok && told.it.is !== "over") {
          setShown({ key, body: asked, it: told.it });
          setRefused(null);
        }
        else if (told.ok) setRefused({ key, why: texts.trial.over });
        else setRefused({ key, why: told.reasons[0]?.happened ?? texts.trial.over });
      });
    }, restMs);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [reading, key]);
  if (key === null) return { asking: false, shown: null, refused: null };
  const done = shown?.key === key || refused?.key === key;
  return { asking: !done, shown, refused: refused?.key === key ? refused.why : null };
}

/** What was tried, in the words of the fields. */
export function draftWords(body: Body): string {
  const parts = [body.dose ?? (body.flex ? texts.trial.byClock : texts.trial.sameDose)];
  if (body.patient_bolus) {
    const { dose, allotted, window, lockout } = body.patient_bolus;
    parts.push(filledIn(texts.trial.bolus, { dose, allotted, window, lockout }));
  }
  if (body.no_patient_bolus) parts.push(texts.trial.noBolus);
  return parts.join(", ");
}

const perCent = (perMille: number) => `${Math.round(perMille / 10)} %`;
const spread = (of: Arm["lowest"]) => `${perCent(of.median)} (${perCent(of.p5)} – ${perCent(of.p95)})`;

const lastDay = 30;

/** Without words of its own, so that they stay readable at any width. */
function Picture({ it, asks }: { readonly it: Answer; readonly asks: Asks }) {
  const hours = it.hours ?? [];
  const x = (i: number) => ((hours[i] ?? 0) / (lastDay * 24)) * 1000;
  const points = (course: readonly number[]) => course.map((value, i) => `${x(i).toFixed(1)} ${1000 - value}`);
  const line = (course: readonly number[]) => `M${points(course).join("L")}`;
  const band = (low: readonly number[], high: readonly number[]) => `M${[...points(high), ...points(low).reverse()].join("L")}Z`;
  const before = it.runs?.[asks].relief;
  const then = it.draft?.[asks].relief;
  if (!before || !then) return null;
  return (
    <div className={styles["trial"]} aria-hidden>
      <div>
        {[100, 75, 50, 25, 0].map((value) => (
          <span key={value}>{value}</span>
        ))}
      </div>
      <svg viewBox="0 0 1000 1000" preserveAspectRatio="none">
        {[0, 250, 500, 750, 1000].map((level) => (
          <line key={level} x1={0} x2={1000} y1={level} y2={level} className={styles["hour"]} vectorEffect="non-scaling-stroke" />
        ))}
        <path d={band(before.p5, before.p95)} className={styles["before"]} vectorEffect="non-scaling-stroke" />
        <path d={line(before.median)} className={styles["beforeLine"]} vectorEffect="non-scaling-stroke" />
        <path d={band(then.p5, then.p95)} className={styles["then"]} />
        <path d={band(then.p25, then.p75)} className={styles["then"]} />
        <path d={line(then.median)} className={styles["thenLine"]} vectorEffect="non-scaling-stroke" />
      </svg>
      <div>
        {[0, 10, 20, 30].map((day) => (
          <span key={day}>{day === 0 ? texts.trial.now : filledIn(texts.trial.day, { day })}</span>
        ))}
      </div>
    </div>
  );
}

/** Then breathing is held against that without a drug. */
const hadNothing = (it: Answer) => it.dry_nl !== undefined || it.used_to_it === false;

function risk(arm: Arm, patients: number, fromNone: boolean): string {
  const { of, low, high } = arm.too_little;
  const interval = { low: (low / 100).toFixed(1), high: (high / 100).toFixed(1), of, patients };
  const below = fromNone ? texts.trial.halfOfNone : texts.trial.fifthLess;
  return filledIn(of === 0 ? texts.trial.riskNone : texts.trial.risk, { ...interval, below });
}

function Numbers({ it, asks }: { readonly it: Answer; readonly asks: Asks }) {
  const before = it.runs?.[asks];
  const then = it.draft?.[asks];
  if (!before || !then) return null;
  const row = (what: string, one: string, other: string) => ({ what, before: one, now: other, changed: one !== other });
  const rows = [
    row(it.relieves === "spasticity" ? texts.trial.spasticity : texts.trial.pain, spread(before.relief_at_end), spread(then.relief_at_end)),
    ...(it.breathing ? [row(hadNothing(it) ? texts.trial.breathingOfNone : texts.trial.breathing, spread(before.lowest_of_before), spread(then.lowest_of_before)), row(texts.trial.breathingOfNone, spread(before.lowest), spread(then.lowest))].slice(0, hadNothing(it) ? 1 : 2) : []),
    ...(it.withdrawal ? [row(texts.trial.withdrawal, spread(before.withdrawal), spread(then.withdrawal))] : []),
  ];
  return <Rows rows={rows} columns={[texts.trial.what, it.first ? texts.trial.noPump : texts.trial.runs, texts.trial.draft]} caption={texts.trial.numbers} />;
}

export function TrialOf({ trial, naive, onNaive }: {
  readonly trial: Trial;
  /** Tried as one who never had an opioid; null: as the pump has it. */
  readonly naive: boolean | null;
  readonly onNaive: (naive: boolean) => void;
}) {
  const [asks, setAsks] = useState<Asks>("nothing");
  const { asking, shown, refused } = trial;
  if (!asking && shown === null && refused === null) return null;
  const it = refused === null ? shown?.it : undefined;
  const boluses = it?.draft && it.runs && (JSON.stringify(it.draft.nothing) !== JSON.stringify(it.draft.all) || JSON.stringify(it.runs.nothing) !== JSON.stringify(it.runs.all));
  const chosen: Asks = boluses ? asks : "nothing";
  return (
    <section className={styles["preview"]} data-trial={asking ? "asking" : refused === null ? (it?.is ?? "") : "refused"} data-stale={asking && shown !== null}>
      <h2 className={styles["second"]}>{texts.trial.title}</h2>
      {asking && <Busy>{texts.trial.asking}</Busy>}
      {refused !== null && <p className={styles["quietly"]}>{refused}</p>}
      {it?.is === "not tried" && (
        <p className={styles["check"]}>
          {texts.trial.notTried} {it.why}
        </p>
      )}
      {it?.is === "tried" && shown && (
        <>
          <p className={styles["headline"]} data-of={draftWords(shown.body)}>
            {filledIn(asking ? texts.trial.shownOlder : texts.trial.shown, { draft: draftWords(shown.body), patients: it.patients ?? 0 })}
          </p>
          {(it.of ?? []).length > 0 && <p className={styles["quietly"]}>{(it.of ?? []).join("; ")}</p>}
          {it.breathing && !it.naive && !it.first && (
            <div className={styles["choices"]} role="radiogroup" aria-label={texts.trial.opioids}>
              <span>{texts.trial.opioids}:</span>
              {([false, true] as const).map((one) => (
                <label key={String(one)}>
                  <input type="radio" name="naive" checked={(naive ?? it.used_to_it === false) === one} onChange={() => onNaive(one)} /> {one ? texts.trial.never : texts.trial.usedToIt}
                </label>
              ))}
            </div>
          )}
          {it.first && <p className={styles["check"]}>{texts.trial.first}</p>}
          {it.naive && <p className={styles["check"]}>{texts.trial.naive}</p>}
          {it.breathing && !it.naive && !it.first && it.dry_nl !== undefined && <p className={styles["check"]}>{texts.trial.dry}</p>}
          {it.breathing && !it.naive && it.dry_nl === undefined && it.begun === true && <p className={styles["check"]}>{texts.trial.begun}</p>}
          {(it.other_opioids ?? []).map((drug) => (
            <p key={drug} className={styles["check"]}>
              {filledIn(texts.trial.otherOpioid, { drug })}
            </p>
          ))}
          {boluses && (
            <div className={styles["choices"]} role="radiogroup" aria-label={texts.trial.asks}>
              <span>{texts.trial.asks}:</span>
              {(["nothing", "all"] as const).map((one) => (
                <label key={one}>
                  <input type="radio" name="asks" checked={asks === one} onChange={() => setAsks(one)} /> {texts.trial[one]}
                </label>
              ))}
            </div>
          )}
          {it.relieves !== "nothing" && (
            <figure className={styles["figure"]}>
              <figcaption>{it.relieves === "spasticity" ? texts.trial.captionSpasticity : texts.trial.caption}</figcaption>
              <Picture it={it} asks={chosen} />
              <p className={styles["legend"]}>
                <span data-line="then" /> {texts.trial.draft} <span data-line="before" /> {it.first ? texts.trial.noPump : texts.trial.runs}
              </p>
            </figure>
          )}
          {it.spasticity_too === true && <p className={styles["check"]}>{texts.trial.spasticityToo}</p>}
          <Numbers it={it} asks={chosen} />
          {it.breathing && it.draft && (
            <p>
              {boluses && `${texts.trial.neverAsks}: `}
              {risk(it.draft.nothing, it.patients ?? 0, hadNothing(it))}
            </p>
          )}
          {it.breathing && it.draft && boluses && (
            <p>
              {texts.trial.alwaysAsks}: {risk(it.draft.all, it.patients ?? 0, hadNothing(it))}
            </p>
          )}
          {!it.breathing && <p className={styles["check"]}>{texts.trial.noBreathing}</p>}
          {!it.withdrawal && <p className={styles["check"]}>{texts.trial.noWithdrawal}</p>}
          {it.steady_hours && (
            <p>{filledIn(texts.trial.steady, { median: it.steady_hours.median, p5: it.steady_hours.p5, p95: it.steady_hours.p95 })}</p>
          )}
          {it.breathing && (it.breathing_unknown ?? []).map((drug) => (
            <p key={drug} className={styles["check"]}>
              {filledIn(texts.trial.unknown, { drug })}
            </p>
          ))}
          <details className={styles["fold"]}>
            <summary>{texts.change.how}</summary>
            <p>{filledIn(texts.trial.how, { patients: it.patients ?? 0, tip: it.tip ?? "", pain: it.pain ?? "" })}</p>
            {(it.tolerance_tenths ?? 10) > 10 && <p>{filledIn(texts.trial.tolerance, { times: ((it.tolerance_tenths ?? 10) / 10).toFixed(0) })}</p>}
          </details>
        </>
      )}
    </section>
  );
}
