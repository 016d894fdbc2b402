import { createParser } from "eventsource-parser";
import { GalleyError } from "./error.ts";
import { createPatience, pause } from "./patience.ts";
import { type Send, type Signalled, unreachable } from "./request.ts";
import type { Event } from "./types.ts";

export type EventOptions = Signalled & {
  /** The number of the last event that is known. Default 0: all events come. */
  after?: number;
};

const finalTypes: readonly Event["type"][] = ["completed", "failed", "cancelled"];

const shortestPauseMs = 250;
// The service says something every 15 seconds: a line that is silent for longer is dead.
const longestSilenceMs = 45_000;

/**
 * A job's events, each once and in order, to the one that ends the job. Waits for a service that is away, and goes on
 * behind the last event that came. Throws GalleyError for what does not pass: 401, 403, 404, 410.
 */
export async function* followEvents(
  send: Send,
  jobId: string,
  { after = 0, signal }: EventOptions,
  patienceSeconds: number,
): AsyncGenerator<Event, void, undefined> {
  const patience = createPatience(patienceSeconds, { signal });
  let last = after;
  for (;;) {
    let type: Event["type"] | undefined;
    let retryMs = 0;
    const line = new AbortController();
    const either = signal ? AbortSignal.any([signal, line.signal]) : line.signal;
    try {
      const headers = { "last-event-id": last };
      const response = await send(
        "listEvents",
        { params: { id: jobId }, headers, signal: either },
        "text/event-stream",
      );
      // The end of a stream may be that of its process, and a job that had failed may have been resumed: this is the end.
      if (response.status === 204) return;
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream"))
        throw new GalleyError({
          code: "unexpected",
          status: response.status,
          detail: `${response.url} answered with no stream of events.`,
        });
      for await (const event of readFrames(response, line, (milliseconds) => (retryMs = milliseconds))) {
        patience.renew();
        ({ id: last, type } = event);
        yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      await patience.wait(error);
      continue;
    } finally {
      // Also when the consumer leaves.
      line.abort();
    }
    if (!type || !finalTypes.includes(type)) await pause(Math.max(retryMs, shortestPauseMs), signal);
  }
}

/** The whole events that a response sends, until it ends. Throws GalleyError when its line breaks or falls silent. */
async function* readFrames(
  response: Response,
  line: AbortController,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<Event, void, undefined> {
  const came: Event[] = [];
  const parser = createParser({ onRetry, onEvent: ({ data }) => void came.push(JSON.parse(data)) });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  while (reader) {
    const silence = setTimeout(() => line.abort(), longestSilenceMs);
    const { done, value } = await reader
      .read()
      .catch((error: unknown) => Promise.reject(unreachable(response.url, error)))
      .finally(() => clearTimeout(silence));
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
    yield* came.splice(0);
  }
}
