// What somebody who finds the patient has to know. It is there without a pump, a network and the programmer.
import styles from "./handheld.module.css";
import { Call, Tile } from "./parts";
import type { Card, Seen } from "./pump";
import { dateText, filledIn, texts } from "./texts";

const classes = texts.card.classes;

export function EmergencyCard({ card, seen }: { readonly card: Card | null; readonly seen: Seen | null }) {
  const told = card && card.patient !== "" ? card : null;
  const kinds = [...new Set((seen?.drugs ?? []).map((drug) => drug.class))];
  return (
    <article className={styles["card"]}>
      <h1>{texts.card.title}</h1>
      <p>{texts.card.about}</p>
      {!told && <p>{texts.card.none}</p>}
      {told && (
        <dl className={styles["tiles"]}>
          <Tile what={texts.card.name}>
            <strong>{told.patient}</strong>
          </Tile>
          <Tile what={texts.card.born}>{told.birth_date}</Tile>
          <Tile what={texts.card.clinic}>{told.clinic}</Tile>
          <Tile what={texts.card.pump}>
            {told.pump} {told.serial}
          </Tile>
        </dl>
      )}
      {told && <Call clinic={texts.card.emergency} phone={told.emergency_phone} text="{clinic}: {phone}" />}
      {told && <Call clinic={told.clinic} phone={told.phone} text="{clinic}: {phone}" />}
      <h2>{texts.card.drugs}</h2>
      {seen ? (
        <>
          {seen.drugs.map((drug) => (
            <p key={drug.name} className={styles["drug"]}>
              <strong>{drug.name}</strong> {drug.per_day}
            </p>
          ))}
          <p className={styles["quiet"]}>{filledIn(texts.card.asOf, { date: dateText(seen.at_ms) })}</p>
        </>
      ) : (
        <p>{texts.card.unknown}</p>
      )}
      {(kinds.length > 0 ? kinds : (["unknown"] as const)).map((kind) => (
        <section key={kind} className={styles["danger"]}>
          <h2>{classes[kind].title}</h2>
          {classes[kind].text.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </section>
      ))}
      <p>{texts.card.lower}</p>
      {told && told.written !== "" && <p className={styles["quiet"]}>{filledIn(texts.card.asOfCard, { date: told.written })}</p>}
      <button type="button" className={styles["plain"]} onClick={() => print()}>
        {texts.card.print}
      </button>
    </article>
  );
}
