import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { address } from "../state/address.ts";

/** A page's heading. It names the tab, and a new page begins there for those who do not see it. */
export function PageTitle({ children, tab }: { children: ComponentChildren; tab?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = address.value;
  const name = tab ?? String(children);
  useEffect(() => {
    document.title = name === "" ? "Galley" : `${name} · Galley`;
  }, [name]);
  // Once for each page.
  useEffect(() => {
    if (isFirst) isFirst = false;
    else heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

// The browser itself begins at the top of the page that it opens.
let isFirst = true;
