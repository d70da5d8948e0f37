// Made of docs/openapi.json by web/build_client.mjs; not by hand.

export const rows = {
  /** Whose server this is, and whether it is a demo. */
  readAbout: { method: "GET", path: "/api/about", once: false },
  /** A challenge for a passkey, for one sign-in within two minutes. */
  askChallenge: { method: "GET", path: "/api/session/challenge", once: false },
  /** Signs in with a passkey: the JSON of its assertion over the challenge. */
  signIn: { method: "PUT", path: "/api/session", once: false },
  /** Who is signed in. */
  whoAmI: { method: "GET", path: "/api/session", once: false },
  /** Signs out. */
  signOut: { method: "DELETE", path: "/api/session", once: false },
  /** The patients in whose care team the person is. */
  listPatients: { method: "GET", path: "/api/patients", once: false },
  /** A patient, and the pumps. */
  readPatient: { method: "GET", path: "/api/patients/{patient}", once: false },
  /** Reads the pump by radio; what it says is kept. */
  readPump: { method: "POST", path: "/api/pumps/{pump}/readings", once: true },
  /** The therapy that was read, with these parts changed: every old and new value. */
  draftChange: { method: "POST", path: "/api/readings/{reading}/drafts", once: true },
  /** What these changes would make of the therapy that was read; nothing is kept. */
  previewChange: { method: "PUT", path: "/api/readings/{reading}/preview", once: false },
  /** Has the draft signed and hands it over: the daily dose typed, and one or two assertions over its challenge. */
  sendDraft: { method: "POST", path: "/api/drafts/{draft}/sends", once: true },
  /** Keeps the draft with one's own assertion until a second clinician has signed it, as long as the reading lasts. */
  askSecond: { method: "POST", path: "/api/drafts/{draft}/signatures", once: true },
  /** What has become of a draft that a second clinician was asked about. */
  askedOfSecond: { method: "GET", path: "/api/drafts/{draft}/signatures", once: false },
  /** Take back one's own signature of a draft that waits for a second clinician. */
  withdrawSignature: { method: "DELETE", path: "/api/drafts/{draft}/signatures", once: false },
  /** Drafts of others that wait for a second clinician. */
  listWaiting: { method: "GET", path: "/api/waiting", once: false },
  /** Whom a draft of another clinician is about, and every old and new value. */
  lookAsSecond: { method: "GET", path: "/api/drafts/{draft}/second", once: false },
  /** Signs another clinician's draft as the second, the dose typed by oneself, and has it handed over. */
  signAsSecond: { method: "POST", path: "/api/drafts/{draft}/second", once: true },
  /** Asks the pump what became of a change. */
  settleSend: { method: "POST", path: "/api/sends/{send}/settlements", once: true },
  /** Of a demo: what the software security key behind a one-time link says to a challenge. */
  spendTicket: { method: "PUT", path: "/api/demo/ticket", once: false },
  /** Of a demo: what one's own software security key says to a challenge. */
  assertInDemo: { method: "PUT", path: "/api/demo/assertion", once: false },
  /** This description. */
  readInterface: { method: "GET", path: "/api/openapi.json", once: false },
} as const;

export type RowName = keyof typeof rows;

export interface Asked {
  readAbout: { path: undefined; body: undefined };
  askChallenge: { path: undefined; body: undefined };
  signIn: { path: undefined; body: { readonly challenge: string; readonly credential: string } };
  whoAmI: { path: undefined; body: undefined };
  signOut: { path: undefined; body: undefined };
  listPatients: { path: undefined; body: undefined };
  readPatient: { path: { readonly patient: number }; body: undefined };
  readPump: { path: { readonly pump: number }; body: undefined };
  draftChange: { path: { readonly reading: number }; body: { readonly dose?: string; readonly flex?: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[]; readonly patient_bolus?: { readonly dose: string; readonly over: string; readonly lockout: string; readonly allotted: number; readonly window: string }; readonly no_patient_bolus?: boolean; readonly reason?: string } };
  previewChange: { path: { readonly reading: number }; body: { readonly dose?: string; readonly flex?: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[]; readonly patient_bolus?: { readonly dose: string; readonly over: string; readonly lockout: string; readonly allotted: number; readonly window: string }; readonly no_patient_bolus?: boolean; readonly reason?: string } };
  sendDraft: { path: { readonly draft: number }; body: { readonly daily_dose: string; readonly assertions: readonly (string)[] } };
  askSecond: { path: { readonly draft: number }; body: { readonly daily_dose: string; readonly assertion: string } };
  askedOfSecond: { path: { readonly draft: number }; body: undefined };
  withdrawSignature: { path: { readonly draft: number }; body: undefined };
  listWaiting: { path: undefined; body: undefined };
  lookAsSecond: { path: { readonly draft: number }; body: undefined };
  signAsSecond: { path: { readonly draft: number }; body: { readonly daily_dose: string; readonly assertion: string } };
  settleSend: { path: { readonly send: number }; body: undefined };
  spendTicket: { path: undefined; body: { readonly ticket: string; readonly challenge: string } };
  assertInDemo: { path: undefined; body: { readonly challenge: string } };
  readInterface: { path: undefined; body: undefined };
}

export interface Answered {
  readAbout: { readonly demo: boolean; readonly institution: string; readonly version: string };
  askChallenge: { readonly challenge: string; readonly site: string };
  signIn: { readonly person: number; readonly role: string; readonly name: string };
  whoAmI: { readonly person: number; readonly role: string; readonly name: string };
  signOut: null;
  listPatients: { readonly patients: readonly ({ readonly patient: number; readonly name: string; readonly birth_date: string; readonly record_number: string })[]; readonly more: boolean };
  readPatient: { readonly patient: number; readonly name: string; readonly birth_date: string; readonly record_number: string; readonly pumps: readonly ({ readonly pump: number; readonly model: string; readonly serial_ends: string; readonly implanted: boolean })[] };
  readPump: { readonly reading: number; readonly at_ms: number; readonly lasts_until_ms: number; readonly state: string; readonly mode: string; readonly flow_nl_per_day: number; readonly reservoir_earliest_nl: number; readonly alarms: readonly (string)[]; readonly prescription: number; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[]; readonly record: { readonly is: "same" | "none" | "differs"; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[] }; readonly therapy?: { readonly drug: string; readonly concentration: string; readonly mode: string; readonly daily_dose: string; readonly dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly bolus: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly part_dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly patient_bolus?: { readonly dose: string; readonly over_s: number; readonly lockout_s: number; readonly window_s: number; readonly allotted: number }; readonly flex: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[] } };
  draftChange: { readonly draft: number; readonly number: number; readonly challenge: string; readonly order: string; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[]; readonly notes: readonly (string)[] };
  previewChange: { readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[]; readonly notes: readonly (string)[] };
  sendDraft: { readonly send: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused"; readonly message: string; readonly runs?: string };
  askSecond: { readonly until_ms: number; readonly now_ms: number };
  askedOfSecond: { readonly is: "waiting" | "sent" | "over"; readonly sent?: { readonly send: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused"; readonly message: string; readonly runs?: string } };
  withdrawSignature: null;
  listWaiting: { readonly waiting: readonly ({ readonly draft: number; readonly patient_name: string; readonly by: string })[] };
  lookAsSecond: { readonly patient: { readonly name: string; readonly birth_date: string; readonly model: string; readonly serial_ends: string }; readonly by: string; readonly read_at_ms: number; readonly lasts_ms: number; readonly therapy: { readonly drug: string; readonly concentration: string; readonly mode: string; readonly daily_dose: string; readonly dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly bolus: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly part_dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly patient_bolus?: { readonly dose: string; readonly over_s: number; readonly lockout_s: number; readonly window_s: number; readonly allotted: number }; readonly flex: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[] }; readonly notes: readonly (string)[]; readonly challenge: string; readonly order: string; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[] };
  signAsSecond: { readonly send: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused"; readonly message: string; readonly runs?: string };
  settleSend: { readonly send: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused"; readonly message: string; readonly runs?: string };
  spendTicket: { readonly credential: string };
  assertInDemo: { readonly credential: string };
  readInterface: {  };
}
