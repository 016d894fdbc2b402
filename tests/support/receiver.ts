import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { eventually } from "./galley.ts";

/** A request of a webhook, as the receiver saw it. */
export type Received = {
  id: string;
  headers: IncomingHttpHeaders;
  text: string;
  event: { type: string; timestamp: string; data: Record<string, unknown> };
};

export type Receiver = {
  url: string;
  received: Received[];
  /** What happens to the requests that come next, in this order; 204 to those after them. */
  script(...answers: ((response: ServerResponse) => void)[]): void;
  /** The requests, as soon as there are so many. */
  whenReceived(count: number): Promise<Received[]>;
  close(): Promise<void>;
};

/** Someone's server on loopback that takes webhooks. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const scripted: ((response: ServerResponse) => void)[] = [];
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const id = String(request.headers["webhook-id"]);
    received.push({ id, headers: request.headers, text, event: JSON.parse(text) });
    const answer = scripted.shift() ?? status(204);
    answer(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    received,
    script: (...answers) => void scripted.push(...answers),
    whenReceived: (count) =>
      eventually(
        () => received,
        () => received.length >= count,
      ),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end();
  };
