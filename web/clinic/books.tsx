// What somebody sees who keeps the clinic's books: charts that were opened with a reason, and the audit trail.
import { useEffect, useState } from "react";

import type { Answered } from "./api";
import { ask, newWish, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Heading, Reasons } from "./parts";
import { filledIn, texts } from "./texts";

type Opened = Answered["listBrokenGlass"]["opened"][number];
type Row = Answered["readAudit"]["rows"][number];

const time = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

function OpenedCharts() {
  const [opened, setOpened] = useState<readonly Opened[] | null>(null);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let here = true;
    void ask("listBrokenGlass", {}).then((told) => {
      if (!here) return;
      if (told.ok) setOpened(told.it.opened);
      else setReasons(told.reasons);
    });
    return () => {
      here = false;
    };
  }, [turn]);
  const review = async (one: Opened) => {
    setReasons([]);
    const told = await ask("reviewGlass", { path: { glass: one.glass }, once: newWish() });
    if (!told.ok) setReasons(told.reasons);
    setTurn(turn + 1);
  };
  return (
    <section className={styles["card"]}>
      <Heading>{texts.books.title}</Heading>
      <Reasons reasons={reasons} />
      {opened === null && reasons.length === 0 && <Busy>{texts.loading}</Busy>}
      {opened?.length === 0 && <p>{texts.books.none}</p>}
      {opened?.map((one) => (
        <div key={one.glass} className={styles["opened"]}>
          <p>
            <strong>{filledIn(texts.books.opened, { by: one.by, patient: String(one.patient), hour: time.format(one.at_ms) })}</strong>
          </p>
          <p>{one.reason === "" ? texts.books.erased : one.reason}</p>
          <Action quiet onClick={() => void review(one)}>
            {texts.books.reviewed}
          </Action>
        </div>
      ))}
    </section>
  );
}

function Trail() {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [before, setBefore] = useState(0);
  const [over, setOver] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  useEffect(() => {
    let here = true;
    void ask("readAudit", { path: { before } }).then((told) => {
      if (!here) return;
      if (!told.ok) return setReasons(told.reasons);
      setOver(told.it.rows.length === 0);
      setRows((known) => [...known.filter((row) => before !== 0 && row.sequence >= before), ...told.it.rows]);
    });
    return () => {
      here = false;
    };
  }, [before]);
  const last = rows.at(-1)?.sequence;
  return (
    <section className={styles["card"]}>
      <h2 className={styles["second"]}>{texts.books.trail}</h2>
      <p>{texts.books.how}</p>
      <Reasons reasons={reasons} />
      <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={texts.books.trail}>
        <table className={`${styles["rows"]} ${styles["trail"]}`}>
          <caption className="theca-unseen">{texts.books.trail}</caption>
          <thead>
            <tr>
              {texts.books.columns.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.sequence}>
                <th scope="row">{time.format(row.at_ms)}</th>
                <td>{row.by}</td>
                <td>{row.action}</td>
                <td>{row.patient ?? ""}</td>
                <td>{row.outcome}</td>
                <td>{row.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!over && last !== undefined && last > 1 && (
        <div className={styles["actions"]}>
          <Action quiet onClick={() => setBefore(last)}>
            {texts.books.older}
          </Action>
        </div>
      )}
    </section>
  );
}

export function Books() {
  return (
    <>
      <OpenedCharts />
      <Trail />
    </>
  );
}
