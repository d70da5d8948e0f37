// Every old and new value of an order beside each other: what of the therapy changes first, and nothing left out.
import type { Answered } from "./api";
import styles from "./clinic.module.css";
import { Rows } from "./parts";
import { filledIn, texts } from "./texts";

type ComparedRows = Answered["draftChange"]["rows"];

/** Of the order, not of the therapy. */
const papers: ReadonlySet<string> = new Set(["order", "prescription", "instead of", "written"]);

/** "5.4 mg/day instead of 6 mg/day: -10 %", of the drug that doses are of. */
function doseChange(rows: ComparedRows, drug: string): string | null {
  const row = rows.find(({ what }) => what === `daily dose, ${drug}`);
  const [before, beforeUnit] = row?.before.split(" ") ?? [];
  const [now, nowUnit] = row?.now.split(" ") ?? [];
  if (!row?.changed || beforeUnit === undefined || beforeUnit !== nowUnit || !(Number(before) > 0)) return null;
  const percent = ((Number(now) - Number(before)) / Number(before)) * 100;
  const change = `${percent > 0 ? "+" : "−"}${Number(Math.abs(percent).toPrecision(3))} %`;
  return filledIn(texts.compare.dose, { now: row.now, before: row.before, change });
}

export function CompareTables({ rows, drug }: { readonly rows: ComparedRows; readonly drug: string }) {
  const changed = rows.filter((row) => row.changed && !papers.has(row.what));
  const written = rows.filter((row) => row.changed && papers.has(row.what));
  const same = rows.filter((row) => !row.changed);
  const dose = doseChange(rows, drug);
  const columns = [texts.compare.what, texts.compare.before, texts.compare.then];
  return (
    <>
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
    </>
  );
}
