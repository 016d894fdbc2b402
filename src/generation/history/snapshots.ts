import type { EventRow } from "./read-events.ts";

/** Where a reader stands: it has all events of the job up to the number `after`. */
export type Cursor = { jobId: string; after: number };

/**
 * The events that are left behind a cursor, the oldest first, with a `snapshot` in the place of those that were removed.
 * It has the number of the last one that it stands for, so that a reader goes on from there. `latest` and `lastUpdated`
 * are the job's, as they were when the events were read.
 */
export function withSnapshots(
  { jobId, after }: Cursor,
  left: readonly EventRow[],
  { latest, lastUpdated }: { latest: number; lastUpdated: Date },
): EventRow[] {
  const snapshot = (from: number, to: number, at: Date): EventRow[] =>
    from > to ? [] : [{ jobId, id: to, at, type: "snapshot", data: { from, to } }];
  if (left.length === 0) return snapshot(after + 1, latest, lastUpdated);
  let expected = after + 1;
  return left.flatMap((event) => {
    const from = expected;
    expected = event.id + 1;
    return [...snapshot(from, event.id - 1, event.at), event];
  });
}
