import { asWords } from "../parts/format.ts";
import type { Type } from "./typed-page.tsx";

/** What a type does, and its phases. */
export const AboutType = ({ type: { type, description, phases } }: { type: Type }) => (
  <aside class="card" aria-labelledby="about-type">
    <h2 id="about-type">{asWords(type)}</h2>
    <p>{description}</p>
    <ol class="numbered">
      {phases.map((phase) => (
        <li key={phase}>{asWords(phase)}</li>
      ))}
    </ol>
  </aside>
);
