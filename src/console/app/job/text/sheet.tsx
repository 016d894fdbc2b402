import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

type SheetProps = {
  title: string;
  children: ComponentChildren;
  /** How long the text is that is kept in sight while it grows. */
  follow?: number;
  /** What can be done with the text. */
  tools?: ComponentChildren;
};

/** A text on a card of its own, which scrolls where it is long. */
export function Sheet({ title, children, follow, tools }: SheetProps) {
  const sheet = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  // New text is kept in sight, unless the reader has gone back to what came before.
  useEffect(() => {
    if (follow !== undefined && isAtEnd.current) sheet.current?.scrollTo({ top: sheet.current.scrollHeight });
  }, [follow]);
  return (
    <div class="card text">
      <header class="text-head">
        <h2 id="text-title">{title}</h2>
        {tools}
      </header>
      <section
        class="sheet"
        ref={sheet}
        aria-labelledby="text-title"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight > scrollHeight - 40;
        }}
      >
        {children}
      </section>
    </div>
  );
}
