// A question to the server that a page stands on.
import { useEffect, useState } from "react";

import type { Answered, Asked, RowName } from "./api";
import { ask, type Told } from "./client";

/** What a question is answered; null while it is under way. */
export function useAnswer<Name extends RowName>(name: Name, path: Asked[Name]["path"]): Told<Answered[Name]> | null {
  const [told, setTold] = useState<Told<Answered[Name]> | null>(null);
  const key = JSON.stringify(path);
  useEffect(() => {
    let here = true;
    const parts = (key === undefined ? {} : { path: JSON.parse(key) as unknown }) as Parameters<typeof ask<Name>>[1];
    void ask(name, parts).then((answer) => here && setTold(answer));
    return () => {
      here = false;
    };
  }, [name, key]);
  return told;
}
