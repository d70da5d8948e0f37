// While an order is on its way nobody leaves the page that will tell what became of it: not by a link, not by going
// back, not by signing out.
let held: string | null = null;

export const isHeld = (): boolean => held !== null;

/** Where the page is: where it was, as long as it is held there. */
export const heldPlace = (): string => held ?? location.hash;

const ask = (event: BeforeUnloadEvent) => event.preventDefault();

/** Until the function that comes back is called. */
export function hold(): () => void {
  held = location.hash;
  addEventListener("beforeunload", ask);
  return () => {
    held = null;
    removeEventListener("beforeunload", ask);
  };
}

/** Somebody went elsewhere: back, where the page is held. */
export function comeBack(): boolean {
  if (held === null || location.hash === held) return false;
  history.replaceState(null, "", held);
  return true;
}
