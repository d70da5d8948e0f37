// What the programmer tells of the pump (docs/handheld.md).
export type Reach = "not tried" | "in reach" | "not in reach" | "busy" | "over";

export interface Dose {
  readonly words: string;
  readonly lasts_ms: number;
  readonly left: number;
  readonly allotted: number;
  readonly window_ms: number;
  readonly lockout_ms: number;
  readonly next_ms: number;
  readonly from_minute: number;
  readonly to_minute: number;
}
export interface Alarm {
  readonly name: string;
  readonly critical: boolean;
}
export interface Drug {
  readonly name: string;
  readonly per_day: string;
  readonly class: "opioid" | "withdrawal-prone" | "both" | "neither" | "unknown";
}
export interface Seen {
  readonly at_ms: number;
  readonly age_ms: number;
  readonly state: string;
  readonly mode: string;
  readonly alarms: readonly Alarm[];
  readonly drugs: readonly Drug[];
  readonly dose: Dose | null;
  readonly giving: { readonly patients: boolean; readonly ends_ms: number; readonly given_nl?: number; readonly of_nl?: number } | null;
  /** Number of the newest wish that the pump has heard of. */
  readonly last_request: number;
  readonly last_dose: { readonly given_nl: number; readonly of_nl: number } | null;
  readonly tip: { readonly from_ms: number; readonly to_ms: number } | null;
  readonly refill: { readonly before_ms: number } | null;
  readonly may_pause: boolean;
  readonly own_pause: boolean;
  readonly transfer: { readonly number: number; readonly waits_ms: number } | null;
}
export interface Ask {
  readonly intent: string;
  readonly state: "asking" | "granted" | "refused" | "not given" | "not known yet" | "not known";
  readonly at_ms: number;
  readonly request: number;
  readonly refusal: string;
  readonly next_ms: number;
}
export interface Deed {
  readonly what: "end dose" | "pause" | "resume" | "refuse transfer";
  readonly state: "doing" | "done" | "refused" | "not done" | "not known yet";
  readonly at_ms: number;
  readonly refusal: string;
}
export interface Pump {
  readonly now_ms: number;
  readonly demo: boolean;
  readonly looking: boolean;
  readonly reach: Reach;
  readonly seen: Seen | null;
  readonly ask: Ask | null;
  readonly deed: Deed | null;
}
export interface Card {
  readonly patient: string;
  readonly birth_date: string;
  readonly clinic: string;
  readonly phone: string;
  readonly emergency_phone: string;
  readonly pump: string;
  readonly serial: string;
  readonly refill_appointment: string;
  readonly written: string;
  readonly demo: boolean;
}
export interface Entry {
  readonly id: number;
  readonly at_ms: number;
  readonly request: number;
  readonly pain: number | null;
  readonly effects: readonly string[];
  readonly note: string;
}
