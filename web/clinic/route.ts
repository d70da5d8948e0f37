// Where a person is, in the part of the address that no server sees: "#/", "#/patients/12", "#/patients/12/pumps/7",
// "#/patients/12/pumps/7/refills/9", "#/patients/12/pumps/7/first-hours", "#/patients/12/pumps/7/emergency",
// "#/patients/12/pumps/7/follow", "#/second/34", "#/syringes/9", "#/emergency".
import { useSyncExternalStore } from "react";

import { comeBack, heldPlace } from "./held";

export type Place =
  | { readonly at: "patients" }
  | { readonly at: "patient"; readonly patient: number }
  | { readonly at: "pump"; readonly patient: number; readonly pump: number }
  | { readonly at: "refill"; readonly patient: number; readonly pump: number; readonly refill: number }
  | { readonly at: "first-hours" | "lower" | "follow"; readonly patient: number; readonly pump: number }
  | { readonly at: "emergency" }
  | { readonly at: "second"; readonly draft: number }
  | { readonly at: "syringe"; readonly refill: number };

export function placeOf(hash: string): Place {
  const second = /^#\/second\/(\d{1,16})$/.exec(hash);
  if (second) return { at: "second", draft: Number(second[1]) };
  const syringe = /^#\/syringes\/(\d{1,16})$/.exec(hash);
  if (syringe) return { at: "syringe", refill: Number(syringe[1]) };
  const refill = /^#\/patients\/(\d{1,16})\/pumps\/(\d{1,16})\/refills\/(\d{1,16})$/.exec(hash);
  if (refill) return { at: "refill", patient: Number(refill[1]), pump: Number(refill[2]), refill: Number(refill[3]) };
  if (hash === "#/emergency") return { at: "emergency" };
  const ofPump = /^#\/patients\/(\d{1,16})\/pumps\/(\d{1,16})\/(first-hours|emergency|follow)$/.exec(hash);
  if (ofPump) {
    const at = ofPump[3] === "emergency" ? "lower" : ofPump[3] === "follow" ? "follow" : "first-hours";
    return { at, patient: Number(ofPump[1]), pump: Number(ofPump[2]) };
  }
  const found = /^#\/patients\/(\d{1,16})(?:\/pumps\/(\d{1,16}))?$/.exec(hash);
  if (!found) return { at: "patients" };
  const patient = Number(found[1]);
  return found[2] === undefined ? { at: "patient", patient } : { at: "pump", patient, pump: Number(found[2]) };
}

export function hashOf(place: Place): string {
  if (place.at === "patients") return "#/";
  if (place.at === "second") return `#/second/${place.draft}`;
  if (place.at === "syringe") return `#/syringes/${place.refill}`;
  if (place.at === "refill") return `#/patients/${place.patient}/pumps/${place.pump}/refills/${place.refill}`;
  if (place.at === "patient") return `#/patients/${place.patient}`;
  if (place.at === "emergency") return "#/emergency";
  if (place.at === "lower") return `#/patients/${place.patient}/pumps/${place.pump}/emergency`;
  if (place.at === "follow") return `#/patients/${place.patient}/pumps/${place.pump}/follow`;
  if (place.at === "first-hours") return `#/patients/${place.patient}/pumps/${place.pump}/first-hours`;
  return `#/patients/${place.patient}/pumps/${place.pump}`;
}

function subscribe(changed: () => void): () => void {
  const gone = () => {
    if (!comeBack()) changed();
  };
  addEventListener("hashchange", gone);
  return () => removeEventListener("hashchange", gone);
}

export function usePlace(): Place {
  return placeOf(useSyncExternalStore(subscribe, heldPlace));
}
