// Small parts of every page of the handheld.
import type { ReactNode } from "react";

import styles from "./handheld.module.css";
import type { Mood } from "./shown";

/** In the hand, where a phone can and somebody has touched it. */
export function feel(pattern: number[]): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern);
}

const paths: Record<Mood, string> = {
  good: "M4 12l5 5L20 6",
  calm: "M12 7v.01M12 11v7",
  wait: "M12 6v6l4 3",
  bad: "M12 5v9M12 18v.01",
};
/** What a colour says, said without one. */
export function Mark({ mood }: { readonly mood: Mood }) {
  return (
    <svg className={styles["mark"]} data-mood={mood} viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="11" />
      <path d={paths[mood]} />
    </svg>
  );
}

export function Tile({ what, children }: { readonly what: string; readonly children: ReactNode }) {
  return (
    <div className={styles["tile"]}>
      <dt>{what}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Call({ clinic, phone, text }: { readonly clinic: string; readonly phone: string; readonly text: string }) {
  if (phone === "") return null;
  return (
    <a className={styles["call"]} href={`tel:${phone.replace(/[^+\d]/g, "")}`}>
      {text.replace("{clinic}", clinic).replace("{phone}", phone)}
    </a>
  );
}
