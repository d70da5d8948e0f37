// What each alarm of the pump means, how soon it matters, and whom to call.
import styles from "./handheld.module.css";
import { Call, Mark } from "./parts";
import type { Card, Seen } from "./pump";
import { texts } from "./texts";

interface Known {
  readonly urgency: "now" | "today" | "visit";
  readonly text: string;
}
const known = texts.alarms as Readonly<Record<string, Known>>;

/** `short`: without the first one's text, which stands above it already. */
export function Alarms({ seen, card, short = false }: { readonly seen: Seen; readonly card: Card | null; readonly short?: boolean }) {
  if (seen.alarms.length === 0) return null;
  return (
    <section className={styles["alarms"]} aria-label={texts.pump.alarms}>
      <ul>
        {seen.alarms.map(({ name }, i) => {
          const { urgency, text } = known[name] ?? { urgency: "now" as const, text: name };
          return (
            <li key={name} data-urgency={urgency}>
              <strong>
                <Mark mood={urgency === "visit" ? "wait" : "bad"} /> {texts.alarm.urgency[urgency]}
              </strong>
              {!(short && i === 0) && <span>{text}</span>}
            </li>
          );
        })}
      </ul>
      {card && <Call clinic={card.clinic} phone={card.phone} text={texts.alarm.call} />}
    </section>
  );
}
