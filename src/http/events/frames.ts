import type { EventRow } from "../../generation/history/read-events.ts";
import type { FoundJob } from "../../generation/requests/find-job.ts";
import { viewEvent } from "../views.ts";

const made = new WeakMap<readonly EventRow[], string>();

/** Events as `text/event-stream` has them: number, type, and the whole of each in one line. `ended`: as for `viewEvent`. */
export function framesOf(events: readonly EventRow[], ended: FoundJob | null): string {
  // Readers of a job at the same place share a page, and so its text.
  const known = made.get(events);
  if (known !== undefined) return known;
  const frames = events.map(
    (event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(viewEvent(event, ended))}\n\n`,
  );
  const text = frames.join("");
  made.set(events, text);
  return text;
}

/** Says nothing, and keeps a line open that would be taken for dead. */
export const comment = ":\n\n";

/** After how many milliseconds a client comes back when its stream has ended. */
export const retry = (milliseconds: number): string => `retry: ${Math.round(milliseconds)}\n\n`;
