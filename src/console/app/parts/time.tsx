import { now } from "../state/now.ts";
import { formatAgo, formatDuration, formatMoment } from "./format.ts";

/** A moment, told from now; the exact one on pointing at it. */
export function Ago({ time }: { time: string }) {
  const at = Date.parse(time);
  return (
    <time dateTime={time} title={formatMoment(at)}>
      {formatAgo(at, now.value)}
    </time>
  );
}

/** How long something took, or has taken so far. */
export function Took({ from, to }: { from: string; to: string | null }) {
  return <>{formatDuration((to === null ? now.value : Date.parse(to)) - Date.parse(from))}</>;
}
