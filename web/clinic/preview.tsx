// What a change would make of the therapy, while it is being written: the most in any hour and day, and what speaks
// against it. Nothing is kept, and nothing is approved.
import { useEffect, useState } from "react";

import type { Answered, Asked } from "./api";
import { ask, type Told } from "./client";
import styles from "./clinic.module.css";
import { FirstHoursOf } from "./first_hours";
import { Busy, Reasons, Rows } from "./parts";
import { texts } from "./texts";

type Body = Asked["previewChange"]["body"];
export interface Preview {
  /** The server is asked about what stands in the fields now. */
  readonly asking: boolean;
  /** Of what stands in the fields now; null: of nothing. */
  readonly told: Told<Answered["previewChange"]> | null;
}

/** Somebody who types is not asked in the middle of a number. */
const restMs = 400;

/** `body` null: nothing that could be ordered stands in the fields. A newer one takes the place of an older answer. */
export function usePreview(reading: number, body: Body | null): Preview {
  const key = body === null ? null : JSON.stringify(body);
  const [answer, setAnswer] = useState<{ readonly key: string; readonly told: Told<Answered["previewChange"]> } | null>(null);
  useEffect(() => {
    if (key === null) return;
    let here = true;
    const timer = setTimeout(() => {
      void ask("previewChange", { path: { reading }, body: JSON.parse(key) as Body }).then((told) => {
        if (here) setAnswer({ key, told });
      });
    }, restMs);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [reading, key]);
  if (key === null) return { asking: false, told: null };
  return answer?.key === key ? { asking: false, told: answer.told } : { asking: true, told: null };
}

const hourAndDay: ReadonlySet<string> = new Set(["most in any hour", "most in any day"]);

export function PreviewOf({ preview, drug }: { readonly preview: Preview; readonly drug: string }) {
  const { asking, told } = preview;
  if (!asking && told === null) return null;
  return (
    <section className={styles["preview"]} data-preview={asking ? "asking" : told?.ok ? "made" : "refused"}>
      <h2 className={styles["second"]}>{texts.preview.title}</h2>
      {asking && <Busy>{texts.preview.asking}</Busy>}
      {told && !told.ok && <Reasons reasons={told.reasons} />}
      {told?.ok && (
        <>
          <Rows
            rows={told.it.rows.filter(({ what }) => hourAndDay.has(what) || what === `daily dose, ${drug}`)}
            columns={[texts.compare.what, texts.compare.before, texts.compare.then]}
            caption={texts.preview.title}
          />
          {told.it.first_hours && <FirstHoursOf hours={told.it.first_hours} />}
          {told.it.notes.length > 0 && (
            <ul className={styles["notes"]}>
              {told.it.notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          )}
          <details className={styles["fold"]}>
            <summary>{texts.change.how}</summary>
            <p>{texts.preview.how}</p>
          </details>
        </>
      )}
    </section>
  );
}
