import type { EventRow } from "../../generation/history/read-events.ts";
import { viewEvent } from "../views.ts";

/** Events as `text/event-stream` has them: number, type, and the whole of each in one line. */
export const framesOf = (events: readonly EventRow[]): string =>
  events
    .map((event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(viewEvent(event))}\n\n`)
    .join("");

/** Says nothing, and keeps a line open that would be taken for dead. */
export const comment = ":\n\n";

/** After how many milliseconds a client comes back when its stream has ended. */
export const retry = (milliseconds: number): string => `retry: ${Math.round(milliseconds)}\n\n`;
