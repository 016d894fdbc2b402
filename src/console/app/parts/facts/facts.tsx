import type { ComponentChildren } from "preact";

/** What is known of something, each fact beside its name. Those that are null are left out. */
export const Facts = ({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl class="facts-list">
    {facts.map(([name, fact]) =>
      fact === null ? null : (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{fact}</dd>
        </div>
      ),
    )}
  </dl>
);
