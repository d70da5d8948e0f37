import "./page.css";

import { MantineProvider } from "@mantine/core";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";

/** Renders a page. Mantine's variables and classes come with page.css: at run time it would put a style element into the
 * page, which the content security policy refuses. */
export function showPage(page: ReactNode): void {
  const root = document.getElementById("page");
  if (!root) throw new Error("the page has no element #page; web/build.mjs writes one");
  createRoot(root).render(
    <StrictMode>
      <MantineProvider defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        {page}
      </MantineProvider>
    </StrictMode>,
  );
}
