import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "../refusal.ts";

const maxBodyBytes = 4 * 1024 * 1024;

/** Throws Refusal for what is no JSON or too long. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    // A body that is too long is still read to its end: to stop would close the socket before the answer is sent.
    if (bytes <= maxBodyBytes) parts.push(part);
  }
  if (bytes > maxBodyBytes) throw new Refusal(413, `The body is longer than ${maxBodyBytes} bytes.`);
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new Refusal(400, "We could not parse the JSON body of your request.");
  }
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Writes each event as it comes, and waits while the socket is full. The headers go out with the first event. */
export async function sendEvents(
  response: ServerResponse,
  events: AsyncIterable<string>,
  untilGone: AbortSignal,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  for await (const event of events) {
    if (!response.write(event)) await once(response, "drain", { signal: untilGone });
  }
  response.end();
}
