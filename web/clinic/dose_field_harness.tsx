// A page of nothing but DoseFields, for their tests: one for each field of data/entry/cases.json, and what each last told.
import { useState } from "react";

import cases from "../../data/entry/cases.json";
import { type FieldDescription, numberField } from "../shared/number_entry";
import { showPage } from "../shared/page";
import { type DoseEntry, DoseField } from "./dose_field";
import styles from "./dose_field_harness.module.css";

const fields = Object.entries(cases.fields).map(([name, description]) => ({
  name,
  field: numberField(description as unknown as FieldDescription),
}));
const kinds: Readonly<Record<string, string>> = {
  "mg/day": "Daily dose",
  "mcg/day": "Daily dose",
  "mg/h": "Hourly dose",
  "mg/mL": "Concentration",
  mL: "Volume",
};
const shown = new URLSearchParams(location.search).get("only")?.split(",");

function Harness() {
  const [told, setTold] = useState<Readonly<Record<string, DoseEntry>>>({});
  const [insist, setInsist] = useState(false);
  return (
    <main className={styles["page"]}>
      <h1 className={styles["title"]}>Numbers to type</h1>
      {fields
        .filter(({ name }) => shown?.includes(name) ?? true)
        .map(({ name, field }) => (
          <section key={name} data-field={name} data-told={JSON.stringify(told[name] ?? null)}>
            <DoseField
              label={`${kinds[field.unit] ?? "Dose"} (${name.replaceAll("_", " ")})`}
              field={field}
              insist={insist}
              onChange={(entry) => setTold((before) => ({ ...before, [name]: entry }))}
            />
          </section>
        ))}
      <button className={styles["next"]} type="button" onClick={() => setInsist(true)}>
        Next
      </button>
    </main>
  );
}

showPage(<Harness />);
