// The clinic's pages.
import { useEffect, useState } from "react";

import { showPage } from "../shared/page";
import type { Answered } from "./api";
import { Books } from "./books";
import { ask, type Reason, signedOut } from "./client";
import styles from "./clinic.module.css";
import { EmergencyPage, LowerPage } from "./emergency";
import { FirstHoursPage } from "./first_hours";
import { FollowPage } from "./follow";
import { isHeld } from "./held";
import { Action, Busy, Heading, Reasons } from "./parts";
import { signedInAs, signIn } from "./passkey";
import { Patient, Patients } from "./patients";
import { RefillPage } from "./refill";
import { hashOf, usePlace } from "./route";
import { Second } from "./second_step";
import { Syringe } from "./syringe_step";
import { texts } from "./texts";
import { Visit } from "./visit";

type About = Answered["readAbout"];
type Person = Answered["whoAmI"];

/** The ticket of a demo's sign-in link. It leaves the address and its history at once. */
function takeTicket(): string | null {
  const found = /^#ticket=([A-Za-z0-9_-]{43})$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", "#/");
  return found[1] ?? null;
}
const ticketOfAddress = takeTicket();
const anotherLink = /^#ticket=/;

function SignIn({ about, over, onPerson }: {
  readonly about: About;
  readonly over: boolean;
  readonly onPerson: (person: Person) => void;
}) {
  const [busy, setBusy] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);
  const enter = async () => {
    setBusy(true);
    setReasons([]);
    const signed = await signIn(null);
    setBusy(false);
    if (!signed.ok) return setReasons(signed.reasons);
    const who = await ask("whoAmI", {});
    if (who.ok) onPerson(who.it);
    else setReasons(who.reasons);
  };
  return (
    <section className={styles["card"]}>
      <Heading>{texts.signIn.title}</Heading>
      {over && <p>{texts.signIn.over}</p>}
      {about.demo && <p>{texts.signIn.withLink}</p>}
      <Reasons reasons={reasons} />
      {busy ? <Busy>{texts.loading}</Busy> : <Action onClick={() => void enter()}>{texts.signIn.byPasskey}</Action>}
    </section>
  );
}

function Pages({ role }: { readonly role: string }) {
  const place = usePlace();
  if (place.at === "patients") return role === "administrator" ? <Books /> : <Patients />;
  if (place.at === "patient") return <Patient key={place.patient} patient={place.patient} />;
  if (place.at === "syringe") return <Syringe key={place.refill} refill={place.refill} />;
  if (place.at === "refill") return <RefillPage key={place.refill} patient={place.patient} pump={place.pump} refill={place.refill} />;
  if (place.at === "emergency") return <EmergencyPage />;
  if (place.at === "lower") return <LowerPage key={place.pump} patient={place.patient} pump={place.pump} />;
  if (place.at === "first-hours") return <FirstHoursPage key={place.pump} patient={place.patient} pump={place.pump} />;
  if (place.at === "follow") return <FollowPage key={place.pump} patient={place.patient} pump={place.pump} />;
  if (place.at === "second") return <Second key={place.draft} draft={place.draft} />;
  return <Visit key={`${place.patient}/${place.pump}`} patient={place.patient} pump={place.pump} />;
}

function Clinic() {
  const emergency = usePlace().at === "emergency";
  const [about, setAbout] = useState<About | null>(null);
  const [person, setPerson] = useState<Person | null>(null);
  const [known, setKnown] = useState(false); // who it is, or that it is nobody
  const [over, setOver] = useState(false);
  const [reasons, setReasons] = useState<readonly Reason[]>([]);

  useEffect(() => {
    let here = true;
    void (async () => {
      const told = await ask("readAbout", {});
      if (!here) return;
      if (!told.ok) return setReasons(told.reasons);
      setAbout(told.it);
      let refused: readonly Reason[] = [];
      if (ticketOfAddress !== null && told.it.demo) {
        const signed = await signIn(ticketOfAddress);
        if (!signed.ok) refused = signed.reasons;
      }
      const who = await ask("whoAmI", {});
      if (!here) return;
      setReasons(refused);
      if (who.ok) setPerson(who.it);
      setKnown(true);
    })();
    const out = () =>
      setPerson((before) => {
        if (before) setOver(true);
        return null;
      });
    // A link that is pasted into a page that is open begins anew, with the ticket out of the address.
    const pasted = () => {
      if (anotherLink.test(location.hash) && !isHeld()) location.reload();
    };
    signedOut.addEventListener("out", out);
    addEventListener("hashchange", pasted);
    return () => {
      here = false;
      signedOut.removeEventListener("out", out);
      removeEventListener("hashchange", pasted);
    };
  }, []);

  // The session is the browser's: in another tab somebody else may have signed in meanwhile.
  useEffect(() => {
    signedInAs(person?.person ?? null);
    if (!person) return;
    const look = () => {
      if (document.visibilityState === "hidden" || isHeld()) return;
      void ask("whoAmI", {}).then((who) => {
        if (who.ok && who.it.person !== person.person && !isHeld()) location.reload();
      });
    };
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [person]);

  const leave = async () => {
    if (isHeld()) return;
    const told = await ask("signOut", {});
    // Who is signed in still must not look signed out to whoever comes next.
    if (!told.ok && told.status !== 401) return setReasons([{ field: "", happened: texts.stillIn, do: told.reasons[0]?.do ?? "" }]);
    setReasons([]);
    location.hash = "#/";
    setPerson(null);
    setOver(true);
  };

  return (
    <>
      <header>
        {about?.demo && <p className={styles["demo"]}>{texts.demo}</p>}
        <div className={styles["top"]}>
          <span className={styles["house"]}>{about?.institution ?? "Theca"}</span>
          {person && (
            <span className={styles["person"]}>
              {person.name}, {person.role}
              <Action quiet onClick={() => void leave()}>
                {texts.signOut}
              </Action>
            </span>
          )}
        </div>
      </header>
      <main className={styles["main"]}>
        <Reasons reasons={reasons} />
        {!known && !emergency && reasons.length === 0 && <Busy>{texts.loading}</Busy>}
        {!person && emergency && <EmergencyPage />}
        {known && about && !person && !emergency && <SignIn about={about} over={over} onPerson={setPerson} />}
        {person && <Pages role={person.role} />}
      </main>
      <footer className={styles["foot"]}>
        <p>
          <a href={hashOf({ at: "emergency" })}>{texts.emergency.link}</a>
        </p>
        <p>{texts.research}</p>
      </footer>
    </>
  );
}

document.title = "Theca clinic";
showPage(<Clinic />);
