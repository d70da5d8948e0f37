// Pain in one tap, and whatever else there is to say; the clinic reads it at the next visit.
import { useEffect, useRef, useState } from "react";

import { exportDiary, newIntent, readDiary, writeEntry } from "./client";
import styles from "./handheld.module.css";
import type { Entry } from "./pump";
import { clockOf, dateText, filledIn, texts } from "./texts";

const effects = Object.entries(texts.diary.list);
const pains = Array.from({ length: 11 }, (_, i) => i);

/** Asked for once behind a dose. */
export function AfterDose({ request, onDone }: { readonly request: number; readonly onDone: () => void }) {
  const [said, setSaid] = useState("");
  const intent = useRef(newIntent());
  const save = async (pain: number) => {
    const told = await writeEntry({ intent: intent.current, request, pain });
    if (told.ok) onDone();
    else setSaid(texts.diary.lost);
  };
  return (
    <section className={styles["panel"]} aria-label={texts.diary.title}>
      <h2>{texts.diary.after}</h2>
      <Scale chosen={null} onChoose={(pain) => void save(pain)} />
      <p role="status">{said}</p>
      <button type="button" className={styles["plain"]} onClick={onDone}>
        {texts.diary.skip}
      </button>
    </section>
  );
}

function Scale({ chosen, onChoose }: { readonly chosen: number | null; readonly onChoose: (pain: number) => void }) {
  return (
    <>
      <div className={styles["scale"]} role="group" aria-label={texts.diary.scale}>
        {pains.map((pain) => (
          <button key={pain} type="button" aria-pressed={chosen === pain} onClick={() => onChoose(pain)}>
            {pain}
          </button>
        ))}
      </div>
      <p className={styles["quiet"]}>{texts.diary.scale}</p>
    </>
  );
}

function wordsOf(entry: Entry): string {
  const parts = entry.pain === null ? [] : [filledIn(texts.diary.pain, { n: entry.pain })];
  for (const effect of entry.effects) parts.push((texts.diary.list as Readonly<Record<string, string>>)[effect] ?? effect);
  return parts.join(" · ");
}

/** The days that have entries, as they come. */
function daysOf(entries: readonly Entry[]): readonly (readonly [string, readonly Entry[]])[] {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = dateText(entry.at_ms);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days];
}

/** "theca-diary-2031-05-09.json", by the phone's own calendar. */
function fileName(): string {
  const at = new Date();
  at.setMinutes(at.getMinutes() - at.getTimezoneOffset());
  return `theca-diary-${at.toISOString().slice(0, 10)}.json`;
}

function ForClinic() {
  const [said, setSaid] = useState("");
  const save = async () => {
    const told = await exportDiary();
    if (!told.ok) return setSaid(texts.diary.clinic.lost);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(told.it)], { type: "application/json" }));
    link.download = fileName();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it only later
    setSaid(filledIn(texts.diary.clinic.saved, { words: link.download }));
  };
  return (
    <section className={styles["panel"]}>
      <h2>{texts.diary.clinic.title}</h2>
      <p className={styles["quiet"]}>{texts.diary.clinic.how}</p>
      <button type="button" className={styles["plain"]} onClick={() => void save()}>
        {texts.diary.clinic.save}
      </button>
      <p role="status">{said}</p>
    </section>
  );
}

export function Diary() {
  const [entries, setEntries] = useState<readonly Entry[] | null>(null);
  const [unread, setUnread] = useState(false);
  const [pain, setPain] = useState<number | null>(null);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [note, setNote] = useState("");
  const [said, setSaid] = useState("");
  /** One name for what is written, as long as it stays the same: changed, it is another entry. */
  const wish = useRef({ intent: "", content: "" });

  const read = () =>
    void readDiary().then((told) => {
      setUnread(!told.ok);
      if (told.ok) setEntries(told.it.entries);
    });
  useEffect(read, []);

  const save = async () => {
    if (pain === null && chosen.length === 0 && note.trim() === "") return setSaid(texts.diary.nothing);
    const written = {
      ...(pain === null ? {} : { pain }),
      ...(chosen.length === 0 ? {} : { effects: chosen }),
      ...(note.trim() === "" ? {} : { note: note.trim() }),
    };
    const content = JSON.stringify(written);
    if (wish.current.content !== content) wish.current = { intent: newIntent(), content };
    const told = await writeEntry({ intent: wish.current.intent, ...written });
    if (!told.ok) return setSaid(texts.diary.lost);
    wish.current = { intent: "", content: "" };
    setPain(null);
    setChosen([]);
    setNote("");
    setSaid(texts.diary.saved);
    read();
  };

  return (
    <>
      <h1>{texts.diary.title}</h1>
      <section className={styles["panel"]}>
        <h2>{texts.diary.how}</h2>
        <Scale chosen={pain} onChoose={(one) => setPain(pain === one ? null : one)} />
        <h2>{texts.diary.effects}</h2>
        <div className={styles["chips"]} role="group" aria-label={texts.diary.effects}>
          {effects.map(([name, label]) => (
            <button
              key={name}
              type="button"
              aria-pressed={chosen.includes(name)}
              onClick={() => setChosen(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name])}
            >
              {label}
            </button>
          ))}
        </div>
        <label className={styles["note"]}>
          {texts.diary.note}
          <textarea rows={2} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        </label>
        <button type="button" className={styles["strong"]} onClick={() => void save()}>
          {texts.diary.save}
        </button>
        <p role="status">{said}</p>
      </section>
      {unread && <p role="status">{texts.diary.unread}</p>}
      {entries?.length === 0 && <p className={styles["quiet"]}>{texts.diary.empty}</p>}
      {daysOf(entries ?? []).map(([day, ofDay]) => (
        <section key={day} className={styles["panel"]}>
          <h2>{day}</h2>
          <ul className={styles["entries"]}>
            {ofDay.map((entry) => (
              <li key={entry.id}>
                <span className={styles["quiet"]}>
                  {clockOf(entry.at_ms)}
                  {entry.request > 0 && ` · ${texts.diary.ofDose}`}
                </span>
                <strong>{wordsOf(entry)}</strong>
                {entry.note !== "" && <span>{entry.note}</span>}
              </li>
            ))}
          </ul>
        </section>
      ))}
      <ForClinic />
    </>
  );
}
