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
  /** The drugs of the library, and the unit in which a concentration of each is written. */
  listDrugs: { method: "GET", path: "/api/drugs", once: false },
  /** What may be written into the fields of a therapy with another fluid; nothing is kept. */
  fieldsOfFluid: { method: "PUT", path: "/api/readings/{reading}/fluid", once: false },
  /** Has the draft signed and hands it over, or keeps it for its fill: the daily dose typed, and one or two assertions over its challenge. */
  sendDraft: { method: "POST", path: "/api/drafts/{draft}/sends", once: true },
  /** Keeps the draft with one's own assertion until a second clinician has signed it, as long as the reading lasts. */
  askSecond: { method: "POST", path: "/api/drafts/{draft}/signatures", once: true },
  /** What has become of a draft that a second clinician was asked about. */
  askedOfSecond: { method: "GET", path: "/api/drafts/{draft}/signatures", once: false },
  /** Take back one's own signature of a draft that waits for a second clinician. */
  withdrawSignature: { method: "DELETE", path: "/api/drafts/{draft}/signatures", once: false },
  /** Drafts of others that wait for a second clinician, and syringes that wait for a second person. */
  listWaiting: { method: "GET", path: "/api/waiting", once: false },
  /** Whom a draft of another clinician is about, and every old and new value. */
  lookAsSecond: { method: "GET", path: "/api/drafts/{draft}/second", once: false },
  /** Signs another clinician's draft as the second, the dose typed by oneself, and has it handed over. */
  signAsSecond: { method: "POST", path: "/api/drafts/{draft}/second", once: true },
  /** Begins a refill of the fluid that the pump holds, under the order that runs. */
  beginRefill: { method: "POST", path: "/api/readings/{reading}/refills", once: true },
  /** The refills of a pump, the newest first; one of them may be open. */
  listRefills: { method: "GET", path: "/api/pumps/{pump}/refills", once: false },
  /** What was done at a refill, and what comes next. */
  readRefill: { method: "GET", path: "/api/refills/{refill}", once: false },
  /** One step of a refill, as it was done: volumes and concentrations with their units. */
  addRefillStep: { method: "POST", path: "/api/refills/{refill}/steps", once: true },
  /** Whether a syringe still waits for a second person. */
  syringeWaits: { method: "GET", path: "/api/refills/{refill}/syringe", once: false },
  /** Whose pump a syringe is for, its lot and date, and what the pump runs. */
  lookAtSyringe: { method: "GET", path: "/api/refills/{refill}/confirmations", once: false },
  /** Confirms as the second person, who has read the drug by himself, that this syringe is what the pump's program is for. */
  confirmSyringe: { method: "POST", path: "/api/refills/{refill}/confirmations", once: true },
  /** Reads the pump anew, and writes down what it is to be told of the fill. */
  stateFill: { method: "POST", path: "/api/refills/{refill}/statements", once: true },
  /** Tells the pump of the fill, with the assertion over its statement. */
  sendFill: { method: "POST", path: "/api/refills/{refill}/sends", once: true },
  /** Reads the pump behind the fill: what it makes of it, and what its fill sensor reads. */
  senseFill: { method: "POST", path: "/api/refills/{refill}/readings", once: true },
  /** Asks the pump what became of a fill that it was told of. */
  settleFill: { method: "POST", path: "/api/refills/{refill}/settlements", once: true },
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
  draftChange: { path: { readonly reading: number }; body: { readonly fluid?: { readonly code: number; readonly concentration: string }; readonly dose?: string; readonly flex?: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[]; readonly patient_bolus?: { readonly dose: string; readonly over: string; readonly lockout: string; readonly allotted: number; readonly window: string }; readonly no_patient_bolus?: boolean; readonly reason?: string } };
  previewChange: { path: { readonly reading: number }; body: { readonly fluid?: { readonly code: number; readonly concentration: string }; readonly dose?: string; readonly flex?: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[]; readonly patient_bolus?: { readonly dose: string; readonly over: string; readonly lockout: string; readonly allotted: number; readonly window: string }; readonly no_patient_bolus?: boolean; readonly reason?: string } };
  listDrugs: { path: undefined; body: undefined };
  fieldsOfFluid: { path: { readonly reading: number }; body: { readonly code: number; readonly concentration: string } };
  sendDraft: { path: { readonly draft: number }; body: { readonly daily_dose: string; readonly assertions: readonly (string)[] } };
  askSecond: { path: { readonly draft: number }; body: { readonly daily_dose: string; readonly assertion: string } };
  askedOfSecond: { path: { readonly draft: number }; body: undefined };
  withdrawSignature: { path: { readonly draft: number }; body: undefined };
  listWaiting: { path: undefined; body: undefined };
  lookAsSecond: { path: { readonly draft: number }; body: undefined };
  signAsSecond: { path: { readonly draft: number }; body: { readonly daily_dose: string; readonly assertion: string } };
  beginRefill: { path: { readonly reading: number }; body: undefined };
  listRefills: { path: { readonly pump: number }; body: undefined };
  readRefill: { path: { readonly refill: number }; body: undefined };
  addRefillStep: { path: { readonly refill: number }; body: { readonly place: number; readonly is: "label" | "port" | "out" | "looked" | "proof" | "portion" | "all_in" | "watched" | "broken_off" | "untold"; readonly drugs?: readonly ({ readonly code: number; readonly concentration: string })[]; readonly lot?: string; readonly expires?: string; readonly volume?: string; readonly in?: string; readonly back?: string; readonly note?: string; readonly signs?: boolean; readonly left?: string; readonly untouched?: boolean; readonly why?: string } };
  syringeWaits: { path: { readonly refill: number }; body: undefined };
  lookAtSyringe: { path: { readonly refill: number }; body: undefined };
  confirmSyringe: { path: { readonly refill: number }; body: { readonly drugs: readonly ({ readonly code: number; readonly concentration: string })[]; readonly assertion: string } };
  stateFill: { path: { readonly refill: number }; body: undefined };
  sendFill: { path: { readonly refill: number }; body: { readonly assertion: string } };
  senseFill: { path: { readonly refill: number }; body: undefined };
  settleFill: { path: { readonly refill: number }; body: undefined };
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
  readPump: { readonly reading: number; readonly at_ms: number; readonly lasts_until_ms: number; readonly state: string; readonly mode: string; readonly flow_nl_per_day: number; readonly reservoir_earliest_nl: number; readonly alarms: readonly (string)[]; readonly prescription: number; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[]; readonly record: { readonly is: "same" | "none" | "differs"; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[] }; readonly never_told?: string; readonly therapy?: { readonly drug: string; readonly concentration: string; readonly mode: string; readonly daily_dose: string; readonly dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly bolus: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly part_dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly patient_bolus?: { readonly dose: string; readonly over_s: number; readonly lockout_s: number; readonly window_s: number; readonly allotted: number }; readonly flex: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[] } };
  draftChange: { readonly draft: number; readonly number: number; readonly challenge: string; readonly order: string; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[]; readonly notes: readonly (string)[] };
  previewChange: { readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[]; readonly notes: readonly (string)[] };
  listDrugs: { readonly drugs: readonly ({ readonly code: number; readonly name: string; readonly unit: string })[] };
  fieldsOfFluid: { readonly drug: string; readonly concentration: string; readonly mode: string; readonly daily_dose: string; readonly dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly bolus: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly part_dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly patient_bolus?: { readonly dose: string; readonly over_s: number; readonly lockout_s: number; readonly window_s: number; readonly allotted: number }; readonly flex: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[] };
  sendDraft: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number };
  askSecond: { readonly until_ms: number; readonly now_ms: number };
  askedOfSecond: { readonly is: "waiting" | "sent" | "over"; readonly sent?: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number } };
  withdrawSignature: null;
  listWaiting: { readonly waiting: readonly ({ readonly draft: number; readonly patient_name: string; readonly by: string })[]; readonly syringes: readonly ({ readonly refill: number; readonly patient_name: string; readonly by: string })[] };
  lookAsSecond: { readonly patient: { readonly name: string; readonly birth_date: string; readonly model: string; readonly serial_ends: string }; readonly by: string; readonly read_at_ms: number; readonly lasts_ms: number; readonly therapy: { readonly drug: string; readonly concentration: string; readonly mode: string; readonly daily_dose: string; readonly dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly bolus: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly part_dose: { readonly unit: string; readonly step: { readonly numerator: number; readonly denominator: number }; readonly least: string; readonly most: string }; readonly patient_bolus?: { readonly dose: string; readonly over_s: number; readonly lockout_s: number; readonly window_s: number; readonly allotted: number }; readonly flex: readonly ({ readonly weekdays: readonly (number)[]; readonly steps: readonly ({ readonly from_minute: number; readonly dose: string })[] })[] }; readonly notes: readonly (string)[]; readonly challenge: string; readonly order: string; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[] };
  signAsSecond: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number };
  beginRefill: { readonly refill: number; readonly patient: number; readonly pump: number; readonly stage: "label" | "confirm" | "port" | "empty" | "look" | "prove" | "fill" | "tell" | "watch" | "over"; readonly place: number; readonly begun_ms: number; readonly changed_ms: number; readonly now_ms: number; readonly by: string; readonly mine: boolean; readonly confirmed_by?: string; readonly fluid: string; readonly drugs: number; readonly capacity_nl: number; readonly counted_nl: number; readonly last_fill_nl?: number; readonly fill_age_ms?: number; readonly out_nl?: number; readonly ratio_ppm?: number; readonly in_nl: number; readonly astray_nl: number; readonly room_nl: number; readonly tells_nl?: number; readonly label?: { readonly drugs: string; readonly lot: string; readonly expires: string }; readonly order?: string; readonly takes_order: boolean; readonly label_until_ms?: number; readonly visit_over: boolean; readonly touched: boolean; readonly counts_nl?: number; readonly broken_off?: string; readonly untold?: string; readonly watched_until_ms?: number; readonly says?: { readonly state: string; readonly mode: string; readonly alarms: readonly (string)[]; readonly runs?: string; readonly runs_it?: boolean }; readonly sensed?: { readonly sensed_nl: number; readonly missing_nl: number; readonly limit_nl: number; readonly pocket_fill: boolean }; readonly next?: { readonly days: number; readonly due_ms: number; readonly basal_days: number; readonly because: string }; readonly causes: readonly ({ readonly name: string; readonly why: string; readonly look_for: string; readonly sources: readonly (string)[]; readonly verified: boolean })[]; readonly choices: readonly ({ readonly code: number; readonly name: string; readonly unit: string })[]; readonly sent?: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number }; readonly steps: readonly ({ readonly is: string; readonly at_ms: number; readonly by: string; readonly text: string })[] };
  listRefills: { readonly refills: readonly ({ readonly refill: number; readonly stage: "label" | "confirm" | "port" | "empty" | "look" | "prove" | "fill" | "tell" | "watch" | "over"; readonly begun_ms: number; readonly changed_ms: number })[] };
  readRefill: { readonly refill: number; readonly patient: number; readonly pump: number; readonly stage: "label" | "confirm" | "port" | "empty" | "look" | "prove" | "fill" | "tell" | "watch" | "over"; readonly place: number; readonly begun_ms: number; readonly changed_ms: number; readonly now_ms: number; readonly by: string; readonly mine: boolean; readonly confirmed_by?: string; readonly fluid: string; readonly drugs: number; readonly capacity_nl: number; readonly counted_nl: number; readonly last_fill_nl?: number; readonly fill_age_ms?: number; readonly out_nl?: number; readonly ratio_ppm?: number; readonly in_nl: number; readonly astray_nl: number; readonly room_nl: number; readonly tells_nl?: number; readonly label?: { readonly drugs: string; readonly lot: string; readonly expires: string }; readonly order?: string; readonly takes_order: boolean; readonly label_until_ms?: number; readonly visit_over: boolean; readonly touched: boolean; readonly counts_nl?: number; readonly broken_off?: string; readonly untold?: string; readonly watched_until_ms?: number; readonly says?: { readonly state: string; readonly mode: string; readonly alarms: readonly (string)[]; readonly runs?: string; readonly runs_it?: boolean }; readonly sensed?: { readonly sensed_nl: number; readonly missing_nl: number; readonly limit_nl: number; readonly pocket_fill: boolean }; readonly next?: { readonly days: number; readonly due_ms: number; readonly basal_days: number; readonly because: string }; readonly causes: readonly ({ readonly name: string; readonly why: string; readonly look_for: string; readonly sources: readonly (string)[]; readonly verified: boolean })[]; readonly choices: readonly ({ readonly code: number; readonly name: string; readonly unit: string })[]; readonly sent?: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number }; readonly steps: readonly ({ readonly is: string; readonly at_ms: number; readonly by: string; readonly text: string })[] };
  addRefillStep: { readonly refill: number; readonly patient: number; readonly pump: number; readonly stage: "label" | "confirm" | "port" | "empty" | "look" | "prove" | "fill" | "tell" | "watch" | "over"; readonly place: number; readonly begun_ms: number; readonly changed_ms: number; readonly now_ms: number; readonly by: string; readonly mine: boolean; readonly confirmed_by?: string; readonly fluid: string; readonly drugs: number; readonly capacity_nl: number; readonly counted_nl: number; readonly last_fill_nl?: number; readonly fill_age_ms?: number; readonly out_nl?: number; readonly ratio_ppm?: number; readonly in_nl: number; readonly astray_nl: number; readonly room_nl: number; readonly tells_nl?: number; readonly label?: { readonly drugs: string; readonly lot: string; readonly expires: string }; readonly order?: string; readonly takes_order: boolean; readonly label_until_ms?: number; readonly visit_over: boolean; readonly touched: boolean; readonly counts_nl?: number; readonly broken_off?: string; readonly untold?: string; readonly watched_until_ms?: number; readonly says?: { readonly state: string; readonly mode: string; readonly alarms: readonly (string)[]; readonly runs?: string; readonly runs_it?: boolean }; readonly sensed?: { readonly sensed_nl: number; readonly missing_nl: number; readonly limit_nl: number; readonly pocket_fill: boolean }; readonly next?: { readonly days: number; readonly due_ms: number; readonly basal_days: number; readonly because: string }; readonly causes: readonly ({ readonly name: string; readonly why: string; readonly look_for: string; readonly sources: readonly (string)[]; readonly verified: boolean })[]; readonly choices: readonly ({ readonly code: number; readonly name: string; readonly unit: string })[]; readonly sent?: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number }; readonly steps: readonly ({ readonly is: string; readonly at_ms: number; readonly by: string; readonly text: string })[] };
  syringeWaits: { readonly waits: boolean };
  lookAtSyringe: { readonly patient: { readonly name: string; readonly birth_date: string; readonly model: string; readonly serial_ends: string }; readonly by: string; readonly lot: string; readonly expires: string; readonly drugs: number; readonly choices: readonly ({ readonly code: number; readonly name: string; readonly unit: string })[]; readonly orders: boolean; readonly challenge: string; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[] };
  confirmSyringe: null;
  stateFill: { readonly challenge: string; readonly rows: readonly ({ readonly what: string; readonly before: string; readonly now: string; readonly changed: boolean })[]; readonly refill: { readonly refill: number; readonly patient: number; readonly pump: number; readonly stage: "label" | "confirm" | "port" | "empty" | "look" | "prove" | "fill" | "tell" | "watch" | "over"; readonly place: number; readonly begun_ms: number; readonly changed_ms: number; readonly now_ms: number; readonly by: string; readonly mine: boolean; readonly confirmed_by?: string; readonly fluid: string; readonly drugs: number; readonly capacity_nl: number; readonly counted_nl: number; readonly last_fill_nl?: number; readonly fill_age_ms?: number; readonly out_nl?: number; readonly ratio_ppm?: number; readonly in_nl: number; readonly astray_nl: number; readonly room_nl: number; readonly tells_nl?: number; readonly label?: { readonly drugs: string; readonly lot: string; readonly expires: string }; readonly order?: string; readonly takes_order: boolean; readonly label_until_ms?: number; readonly visit_over: boolean; readonly touched: boolean; readonly counts_nl?: number; readonly broken_off?: string; readonly untold?: string; readonly watched_until_ms?: number; readonly says?: { readonly state: string; readonly mode: string; readonly alarms: readonly (string)[]; readonly runs?: string; readonly runs_it?: boolean }; readonly sensed?: { readonly sensed_nl: number; readonly missing_nl: number; readonly limit_nl: number; readonly pocket_fill: boolean }; readonly next?: { readonly days: number; readonly due_ms: number; readonly basal_days: number; readonly because: string }; readonly causes: readonly ({ readonly name: string; readonly why: string; readonly look_for: string; readonly sources: readonly (string)[]; readonly verified: boolean })[]; readonly choices: readonly ({ readonly code: number; readonly name: string; readonly unit: string })[]; readonly sent?: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number }; readonly steps: readonly ({ readonly is: string; readonly at_ms: number; readonly by: string; readonly text: string })[] } };
  sendFill: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number };
  senseFill: { readonly refill: number; readonly patient: number; readonly pump: number; readonly stage: "label" | "confirm" | "port" | "empty" | "look" | "prove" | "fill" | "tell" | "watch" | "over"; readonly place: number; readonly begun_ms: number; readonly changed_ms: number; readonly now_ms: number; readonly by: string; readonly mine: boolean; readonly confirmed_by?: string; readonly fluid: string; readonly drugs: number; readonly capacity_nl: number; readonly counted_nl: number; readonly last_fill_nl?: number; readonly fill_age_ms?: number; readonly out_nl?: number; readonly ratio_ppm?: number; readonly in_nl: number; readonly astray_nl: number; readonly room_nl: number; readonly tells_nl?: number; readonly label?: { readonly drugs: string; readonly lot: string; readonly expires: string }; readonly order?: string; readonly takes_order: boolean; readonly label_until_ms?: number; readonly visit_over: boolean; readonly touched: boolean; readonly counts_nl?: number; readonly broken_off?: string; readonly untold?: string; readonly watched_until_ms?: number; readonly says?: { readonly state: string; readonly mode: string; readonly alarms: readonly (string)[]; readonly runs?: string; readonly runs_it?: boolean }; readonly sensed?: { readonly sensed_nl: number; readonly missing_nl: number; readonly limit_nl: number; readonly pocket_fill: boolean }; readonly next?: { readonly days: number; readonly due_ms: number; readonly basal_days: number; readonly because: string }; readonly causes: readonly ({ readonly name: string; readonly why: string; readonly look_for: string; readonly sources: readonly (string)[]; readonly verified: boolean })[]; readonly choices: readonly ({ readonly code: number; readonly name: string; readonly unit: string })[]; readonly sent?: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number }; readonly steps: readonly ({ readonly is: string; readonly at_ms: number; readonly by: string; readonly text: string })[] };
  settleFill: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number };
  settleSend: { readonly send?: number; readonly state: "pending" | "confirmed" | "failed" | "unknown" | "refused" | "signed"; readonly message: string; readonly runs?: string; readonly refill?: number };
  spendTicket: { readonly credential: string };
  assertInDemo: { readonly credential: string };
  readInterface: {  };
}
