import type { Look } from "./breach.ts";

/** What is done never becomes less, and never more than there is. */
export const findFallingProgress: Look = async ({ type, reference }) =>
  type.phases.flatMap(({ name }) => {
    const reports = reference.progress.filter(({ phase }) => phase === name);
    return reports.flatMap(({ done, of }, index) => {
      if (!(done >= 0 && done <= of && of > 0)) return [`${name}: reports progress ${done} of ${of}`];
      const before = reports[index - 1];
      if (!before || done / of >= before.done / before.of) return [];
      return [`${name}: its progress falls from ${before.done} of ${before.of} to ${done} of ${of}`];
    });
  });
