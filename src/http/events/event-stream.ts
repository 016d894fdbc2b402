import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Response } from "express";
import { isDatabaseUnavailable } from "../../db/availability.ts";
import type { ReadPage } from "../../generation/history/read-events.ts";
import type { Cursor } from "../../generation/history/snapshots.ts";
import type { Subscriptions } from "../../generation/history/subscriptions.ts";
import type { Log } from "../../log/log.ts";
import type { ReadEnded } from "./ended-job.ts";
import { comment, framesOf, retry } from "./frames.ts";

export type StreamParts = {
  readPage: ReadPage;
  readEnded: ReadEnded;
  subscriptions: Subscriptions;
  /** Ends all streams, so that their clients go to another process. */
  stopping: AbortSignal;
  /** Ends the stream: the key behind it was revoked. */
  revoked: AbortSignal;
  log: Log;
};

const commentMilliseconds = 15_000;
const databaseRetryMilliseconds = 1_000;
// The clients of a process that stops do not all come back at the same moment.
const retryMilliseconds = () => 1_000 + Math.random() * 2_000;

const headers = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  // nginx would hold back what it thinks too little to pass on.
  "X-Accel-Buffering": "no",
};

/**
 * Sends a job's events behind a cursor, those to come as they come, until the last one of a finished job is sent, the job
 * is removed, the client is gone, its key is revoked or the process stops. A reader that is slow holds one page of events, and gets no comments.
 */
export async function streamEvents(response: Response, from: Cursor, parts: StreamParts): Promise<void> {
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  // The client may leave between two writes. Unheard, that would end the process.
  response.on("error", () => closed.abort());
  const over = AbortSignal.any([closed.signal, parts.stopping, parts.revoked]);

  response.set(headers);
  // A line that stays open after the last event would hold up the end of the process.
  response.shouldKeepAlive = false;
  if (response.req.method === "HEAD") return void response.end();
  response.write(retry(retryMilliseconds()));
  const comments = setInterval(() => {
    if (!response.writableNeedDrain) response.write(comment);
  }, commentMilliseconds);
  try {
    await sendEvents(response, from, parts, over);
    response.end();
  } catch (error) {
    parts.log.error({ event: "stream_failed", jobId: from.jobId, err: error });
    // Not an end in good order: the client comes back.
    response.destroy();
  } finally {
    clearInterval(comments);
  }
}

async function sendEvents(
  response: Response,
  { jobId, after }: Cursor,
  { readPage, readEnded, subscriptions }: StreamParts,
  over: AbortSignal,
): Promise<void> {
  let sent = after;
  while (!over.aborted) {
    try {
      const page = await readPage(jobId, sent);
      if (page === null || over.aborted) return;
      const ended = await readEnded(page.events);
      if (over.aborted) return;
      sent = page.events.at(-1)?.id ?? sent;
      if (page.events.length > 0 && !response.write(framesOf(page.events, ended))) await drained(response, over);
      if (sent < page.latest) continue;
      if (page.isFinished) return;
      await subscriptions.nextEvent(jobId, sent, over);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      // To a browser's EventSource a 503 is the end for good, so an outage is waited out with the line open.
      await delay(databaseRetryMilliseconds, undefined, { signal: over }).catch(() => undefined);
    }
  }
}

async function drained(response: Response, over: AbortSignal): Promise<void> {
  await once(response, "drain", { signal: over }).catch(() => undefined);
}
