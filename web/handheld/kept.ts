// What stays in this browser: the last that was seen of the pump, the card, and a wish whose answer is out. Storage that
// is full or forbidden costs what it would have kept, and nothing else.
import type { Card, Pump } from "./pump";

function read<T>(name: string): T | null {
  try {
    const text = localStorage.getItem(`theca.${name}`);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}
function keep(name: string, what: unknown): void {
  try {
    if (what === null) localStorage.removeItem(`theca.${name}`);
    else localStorage.setItem(`theca.${name}`, JSON.stringify(what));
  } catch {
    // as said above
  }
}

export interface Last {
  readonly pump: Pump;
  readonly at: number;
}
export const lastPump = (): Last | null => read<Last>("pump");
export const keepPump = (last: Last): void => keep("pump", last);
export const lastCard = (): Card | null => read<Card>("card");
export const keepCard = (card: Card): void => keep("card", card);
/** Kept before it is sent, so that a page that is opened anew asks what became of it. */
export const openWish = (): string | null => read<string>("wish");
export const keepWish = (intent: string | null): void => keep("wish", intent);
export const closedResult = (): string | null => read<string>("closed");
export const keepClosed = (intent: string): void => keep("closed", intent);
/** The dose after which the diary was asked about, or put off. */
export const toldPain = (): number => read<number>("pain") ?? 0;
export const keepToldPain = (request: number): void => keep("pain", request);
