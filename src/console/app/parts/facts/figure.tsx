import type { ComponentChildren } from "preact";

type FigureProps = {
  name: string;
  children: ComponentChildren;
  /** What is to be said of it, in small. */
  under?: ComponentChildren;
  bar?: ComponentChildren;
};

/** One number that one wants to know first. It stands in a `<dl class="figures">`. */
export const Figure = ({ name, children, under, bar }: FigureProps) => (
  <div class={bar ? "figure wide" : "figure"}>
    <dt>{name}</dt>
    <dd class="value">{children}</dd>
    {bar && <dd>{bar}</dd>}
    {under && <dd class="under">{under}</dd>}
  </div>
);
