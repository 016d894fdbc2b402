import { useState } from "preact/hooks";
import { Facts } from "../../parts/facts/facts.tsx";
import { asWords } from "../../parts/format.ts";
import { Prose } from "./prose.tsx";
import { partsOf } from "./result-parts.ts";

/** What came out of a job that keeps no article: its texts to read, its facts below them, and all of it as JSON. */
export function Result({ result }: { result: unknown }) {
  const { texts, facts } = partsOf(result);
  const isReadable = texts.length + facts.length > 0;
  const [isOpen, setOpen] = useState(!isReadable);
  return (
    <>
      <div class="prose">
        {texts.map(([name, text]) => (
          <section key={name} aria-label={asWords(name)}>
            <h3>{asWords(name)}</h3>
            <Prose text={text} />
          </section>
        ))}
      </div>
      {facts.length > 0 && <Facts facts={facts.map(([name, fact]) => [asWords(name), fact])} />}
      <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>As JSON</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        {isOpen && <pre tabIndex={0}>{JSON.stringify(result, null, 2)}</pre>}
      </details>
    </>
  );
}
