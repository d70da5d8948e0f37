// Another drug or concentration for the pump: chosen and typed, before any dose of it is.
import { useState } from "react";

import type { Fluid } from "./change_step";
import { ask, type Reason } from "./client";
import styles from "./clinic.module.css";
import { Action, Busy, Heading, Reasons } from "./parts";
import { DrugRows, drugsRead, unread } from "./refill_steps";
import { texts } from "./texts";
import { useAnswer } from "./use_answer";

export function FluidStep({ reading, onFluid }: {
  readonly reading: number;
  readonly onFluid: (fluid: Fluid) => void;
}) {
  const told = useAnswer("listDrugs", undefined);
  if (told === null) return <Busy>{texts.loading}</Busy>;
  if (!told.ok) return <Reasons reasons={told.reasons} />;
  return <Choosing reading={reading} of={{ drugs: 1, choices: told.it.drugs }} onFluid={onFluid} />;
}

function Choosing({ reading, of, onFluid }: {
  readonly reading: number;
  readonly of: Parameters<typeof unread>[0];
  readonly onFluid: (fluid: Fluid) => void;
}) {
  const [drugs, setDrugs] = useState(() => unread(of));
  const [insist, setInsist] = useState(false);
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const next = async () => {
    setInsist(true);
    const [wanted] = drugsRead(of, drugs) ?? [];
    if (wanted === undefined) return;
    setBusy(true);
    setReasons([]);
    const told = await ask("fieldsOfFluid", { path: { reading }, body: wanted });
    setBusy(false);
    if (told.ok) onFluid({ wanted, therapy: told.it });
    else setReasons(told.reasons);
  };
  return (
    <section className={styles["card"]}>
      <Heading>{texts.fluid.title}</Heading>
      <p>{texts.fluid.how}</p>
      <DrugRows of={of} drugs={drugs} insist={insist} onDrugs={setDrugs} />
      {insist && drugsRead(of, drugs) === null && <p className={styles["missing"]} role="alert">{texts.fluid.missing}</p>}
      <Reasons reasons={reasons} />
      {busy ? (
        <Busy>{texts.loading}</Busy>
      ) : (
        <div className={styles["actions"]}>
          <Action onClick={() => void next()}>{texts.fluid.next}</Action>
        </div>
      )}
    </section>
  );
}
