import { Button } from "@mantine/core";
import { type ChangeEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import texts from "../../data/entry/texts.json";
import {
  afterEdit,
  bounced,
  bounceMs,
  type Fault,
  filled,
  type Keystroke,
  type NumberField,
  readEntry,
  readNumber,
  type Replaced,
} from "../shared/number_entry";
import styles from "./dose_field.module.css";

export interface DoseEntry {
  /** What stands in the field. */
  readonly text: string;
  /** The exact decimal, its mark a point; null while the text is refused or waits to be checked. */
  readonly value: string | null;
}

export interface DoseFieldProps {
  readonly label: string;
  readonly field: NumberField;
  readonly onChange: (entry: DoseEntry) => void;
  /** What the person typed before, on the way back to a page. Never another record's. */
  readonly typedBefore?: string;
  /** Says what is wrong at once, and that nothing is written: the person wants to go on. */
  readonly insist?: boolean;
}

/** Why a number that may be written is not taken yet. */
type Doubt = "none" | "repeat" | "filled";

interface State {
  readonly keys: readonly Keystroke[];
  /** The text came without a key, a paste or an undo: the browser or an extension filled it in. */
  readonly filledIn: boolean;
  /** What was just refused and left the text as it was. */
  readonly refusal: string | null;
}

/** What can be healed by typing on: it is not held against somebody who still types. */
const unfinished: ReadonlySet<Fault> = new Set([
  "empty",
  "no_decimals",
  "trailing_zeros",
  "below_least",
  "between_steps",
]);

/** What is longer has a line for itself where the page is narrow: a digit out of sight is a tenth or ten times. */
const longBesideUnit = 7;

const textOf = (keys: readonly Keystroke[]) => keys.map(({ key }) => key).join("");

function doubtOf({ keys, filledIn }: State): Doubt {
  if (filledIn) return "filled";
  return bounced(keys) >= 0 ? "repeat" : "none";
}

/** Of a text that was written before. */
export function entryFor(text: string, field: NumberField): DoseEntry {
  const read = readEntry(text, field);
  return { text, value: read.ok ? read.it.text : null };
}

function entryOf(state: State, field: NumberField): DoseEntry {
  const text = textOf(state.keys);
  const read = readEntry(text, field);
  return { text, value: read.ok && doubtOf(state) === "none" ? read.it.text : null };
}

/** Why a text from elsewhere is not taken, or null. A paste is the whole entry or none: two halves make a third number. */
function refusedPaste(event: InputEvent, input: HTMLInputElement, field: NumberField): string | null {
  if (event.inputType === "insertFromDrop") return texts.field.drop_refused;
  const pasted = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
  const read = readNumber(pasted, field.zeros);
  if (!read.ok) return `${texts.field.paste_refused} ${read.refusal.message}`;
  const stays = input.value.length - ((input.selectionEnd ?? 0) - (input.selectionStart ?? 0));
  return stays > 0 ? texts.field.paste_onto_text : null;
}

const fromElsewhere: ReadonlySet<string> = new Set([
  "insertFromPaste",
  "insertFromPasteAsQuotation",
  "insertFromDrop",
  "insertFromYank",
  "insertReplacementText",
]);

/** A number with a fixed unit, typed. Nothing steps it, rounds it, fills it or moves it to a limit; what is read is
 * written out in words beneath. A text input, for number inputs of browsers and libraries do those things. */
export function DoseField({ label, field, onChange, typedBefore = "", insist = false }: DoseFieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [state, setState] = useState<State>(() => ({
    keys: afterEdit([], typedBefore, null),
    filledIn: false,
    refusal: null,
  }));
  const [left, setLeft] = useState(false);
  const lastKey = useRef<Keystroke | null>(null);
  /** The edit that the browser has announced and not made yet. */
  const announced = useRef<(Replaced & { readonly kind: string }) | null>(null);

  useEffect(() => {
    const element = input.current;
    if (!element) return;
    const announce = (event: InputEvent) => {
      if (fromElsewhere.has(event.inputType)) {
        const refusal = refusedPaste(event, element, field);
        setState((now) => ({ ...now, refusal }));
        if (refusal !== null) {
          event.preventDefault();
          return;
        }
      }
      const { selectionStart, selectionEnd } = element;
      announced.current = { kind: event.inputType, from: selectionStart ?? 0, to: selectionEnd ?? 0 };
      setTimeout(() => (announced.current = null)); // when another listener stops it
    };
    element.addEventListener("beforeinput", announce);
    return () => element.removeEventListener("beforeinput", announce);
  }, [field]);

  const change = (next: State) => {
    setState(next);
    onChange(entryOf(next, field));
  };

  const edit = (event: ChangeEvent<HTMLInputElement>) => {
    const text = event.currentTarget.value;
    const edited = announced.current;
    const typed = edited?.kind === "insertText" || edited?.kind === "insertCompositionText";
    // The key's own time: the page may have been busy when it came. A keyboard on the screen has none.
    const ms = typed ? (lastKey.current?.ms ?? event.nativeEvent.timeStamp) : null;
    announced.current = lastKey.current = null;
    const keys = afterEdit(state.keys, text, ms, edited ?? undefined);
    setLeft(false);
    change({ keys, filledIn: text !== "" && (edited === null || state.filledIn), refusal: null });
  };

  const keyDown = (event: KeyboardEvent) => {
    if (!/^[0-9.,]$/.test(event.key)) return;
    if (event.repeat) event.preventDefault(); // a key that is held is one digit
    else lastKey.current = { key: event.key, ms: event.nativeEvent.timeStamp };
  };

  const confirm = () => {
    change({ keys: state.keys.map(({ key }) => ({ key, ms: null })), filledIn: false, refusal: null });
    input.current?.focus();
  };

  const text = textOf(state.keys);
  const read = readEntry(text, field);
  const doubt = read.ok ? doubtOf(state) : "none";
  const held = !read.ok && unfinished.has(read.refusal.fault) && !insist && !(left && text !== "");
  const wrong = read.ok || held ? null : read.refusal.message;

  return (
    <div className={styles["root"]} data-state={wrong !== null ? "wrong" : doubt !== "none" ? "check" : "plain"}>
      <label className={styles["label"]} htmlFor={id}>
        {label}
      </label>
      <div className={styles["box"]} data-long={text.length > longBesideUnit}>
        <input
          ref={input}
          id={id}
          className={styles["input"]}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          autoCorrect="off"
          autoCapitalize="off"
          spellCheck={false}
          data-1p-ignore
          data-lpignore="true"
          data-form-type="other"
          aria-invalid={wrong !== null}
          aria-describedby={`${id}-unit ${id}-says`}
          value={text}
          onChange={edit}
          onKeyDown={keyDown}
          onBlur={() => setLeft(true)}
        />
        <span className={styles["unit"]} aria-hidden>
          {field.unit}
        </span>
        <span id={`${id}-unit`} className="theca-unseen">
          {filled(texts.field.in_unit, { unit: texts.units[field.unit].many })}
        </span>
      </div>
      <div id={`${id}-says`} className={styles["says"]} aria-live="polite">
        {state.refusal !== null && <p className={styles["wrong"]}>{state.refusal}</p>}
        {wrong !== null && <p className={styles["wrong"]}>{wrong}</p>}
        {read.ok && doubt === "none" && <p className={styles["words"]}>{read.it.words}</p>}
        {read.ok && doubt !== "none" && (
          <p className={styles["check"]}>
            {filled(doubt === "repeat" ? texts.field.check_repeat : texts.field.check_filled, {
              words: read.it.words,
              ms: String(bounceMs),
            })}
          </p>
        )}
      </div>
      {doubt !== "none" && (
        <Button className={styles["confirm"] ?? ""} type="button" onClick={confirm}>
          {filled(texts.field.confirm, { typed: `${text} ${field.unit}` })}
        </Button>
      )}
    </div>
  );
}
