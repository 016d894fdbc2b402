import { inSpan } from "./span.ts";

/** Runs a step in a span named by what stands before the colon of its key: `section:3` is a section. */
export const inStepSpan = <T>(key: string, run: () => Promise<T>): Promise<T> =>
  inSpan(`step ${key.split(":", 1)}`, { attributes: { "galley.step": key } }, run);
