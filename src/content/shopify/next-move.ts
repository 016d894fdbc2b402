/** Another article under the handle is a stranger; ours bears the job's id. */
export type Search = "ours" | "foreign" | "none";

export type Move = "adopt" | "rename" | "wait" | "create";

// The search of a shop lags behind it by seconds.
const lookAgainSeconds = 5;
const takenPatienceSeconds = 120;

/**
 * What to do about an article that the shop was asked to create, without an answer that is known. `missedSeconds`: for how
 * long the search has not found it, 0 the first time. `isTaken`: the shop said that its handle is in use, so that there is an
 * article, and most likely ours: then it is worth waiting for.
 */
export function moveAfter(
  search: Search,
  { isTaken, missedSeconds }: { isTaken: boolean; missedSeconds: number },
): Move {
  if (search === "ours") return "adopt";
  // Ours cannot have this handle too.
  if (search === "foreign") return "rename";
  if (missedSeconds < (isTaken ? takenPatienceSeconds : lookAgainSeconds)) return "wait";
  return isTaken ? "rename" : "create";
}

/** How long to wait before the next look. */
export const secondsToNextLook = ({ isTaken }: { isTaken: boolean }): number => (isTaken ? 10 : lookAgainSeconds);

const longestHandle = 75;

/** `bread`, `bread-2`, `bread-3`. */
export function nextHandle(first: string, handle: string): string {
  const suffix = handle.startsWith(`${stemOf(first)}-`) ? handle.slice(stemOf(first).length + 1) : "";
  const number = /^\d{1,4}$/.test(suffix) && handle !== first ? Number(suffix) + 1 : 2;
  return `${stemOf(first)}-${number}`;
}

const stemOf = (handle: string): string => handle.slice(0, longestHandle - "-9999".length).replace(/-$/, "");
