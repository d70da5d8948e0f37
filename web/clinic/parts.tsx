// Small parts of every page of the clinic.
import { Button } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

import type { Reason } from "./client";
import styles from "./clinic.module.css";

/** The heading that a step or page begins with; whoever listens hears it when the step begins. */
export function Heading({ children }: { readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} className={styles["heading"]} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** What went wrong: what happened, what the pump is doing, what to do. */
export function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null;
  return (
    <div className={styles["wrong"]} role="alert">
      {reasons.map((reason, i) => (
        <p key={i}>
          <strong>{reason.happened}</strong> {reason.pump} {reason.do}
        </p>
      ))}
    </div>
  );
}

export interface ActionProps {
  readonly children: ReactNode;
  readonly onClick: () => void;
  readonly quiet?: boolean;
}
/** A button that does one thing. It is not there while that is being done. */
export function Action({ children, onClick, quiet = false }: ActionProps) {
  return (
    <Button type="button" className={styles[quiet ? "quiet" : "action"] ?? ""} onClick={onClick}>
      {children}
    </Button>
  );
}

export function Busy({ children }: { readonly children: ReactNode }) {
  return (
    <p className={styles["busy"]} role="status">
      {children}
    </p>
  );
}

export interface Row {
  readonly what: string;
  readonly before: string;
  readonly now: string;
}
/** Settings beside each other; `columns` name what stands in them. */
export function Rows({ rows, columns, caption }: {
  readonly rows: readonly Row[];
  readonly columns: readonly string[];
  readonly caption: string;
}) {
  const two = columns.length === 3;
  return (
    <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={caption}>
      <table className={styles["rows"]}>
        <caption className="theca-unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.what}>
              <th scope="row">{row.what.trim()}</th>
              {two && <td>{row.before}</td>}
              <td>{row.now}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
