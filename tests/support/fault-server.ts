import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the server saw it. `closed` tells whether the answer had been sent to its end by then. */
export type Seen = {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  closed: Promise<{ finished: boolean }>;
};

/** What happens to one request. */
export type Fault = (response: ServerResponse) => void;

export type FaultServer = {
  /** With /v1, as a client's base URL. */
  url: string;
  seen: Seen[];
  /** What happens to the requests that come next, in this order. */
  script(...faults: Fault[]): void;
  /** What happens to the requests for which nothing is scripted. */
  otherwise(fault: Fault): void;
  /** The next request that arrives. */
  arrival(): Promise<Seen>;
  close(): Promise<void>;
};

/** A model provider on loopback that does exactly what its script says. */
export async function startFaultServer(): Promise<FaultServer> {
  const seen: Seen[] = [];
  const faults: Fault[] = [];
  let arrived = Promise.withResolvers<Seen>();
  let unscripted = reply(500, "nothing is scripted for this request");

  const server = createServer(async (request, response) => {
    const closed = once(response, "close").then(() => ({ finished: response.writableFinished }));
    const chunks: Buffer[] = await request.toArray();
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const entry = { path: request.url ?? "", headers: request.headers, body, closed };
    seen.push(entry);
    arrived.resolve(entry);
    arrived = Promise.withResolvers();
    const fault = faults.shift() ?? unscripted;
    fault(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/v1`,
    seen,
    script: (...next) => void faults.push(...next),
    otherwise(fault) {
      unscripted = fault;
    },
    arrival: () => arrived.promise,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Answers at once. A string is sent as HTML, anything else as JSON. */
export function reply(status: number, body: unknown, headers: Record<string, string> = {}): Fault {
  const isHtml = typeof body === "string";
  return (response) => {
    response.writeHead(status, { "content-type": isHtml ? "text/html" : "application/json", ...headers });
    response.end(isHtml ? body : JSON.stringify(body));
  };
}

/** Says nothing and keeps the connection. */
export const stall: Fault = () => {};

/** Breaks the connection without an answer. */
export const cut: Fault = (response) => void response.socket?.destroy();

/** Sends a status and its headers, then nothing of the body. */
export function stallBody(status: number): Fault {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.flushHeaders();
  };
}

/** Streams `lines` and then ends properly, breaks the connection, or keeps it and says nothing more. */
export function stream(
  lines: readonly string[],
  ending: "end" | "cut" | "stall" = "end",
  headers: Record<string, string> = {},
): Fault {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...headers });
    if (ending === "end") {
      response.end(lines.join(""));
    } else {
      response.write(lines.join(""), () => ending === "cut" && response.socket?.destroy());
    }
  };
}

/** Streams `lines`, then `more` again and again until the client has enough. */
export function trickle(lines: readonly string[], more: readonly string[]): Fault {
  return (response) => {
    stream(lines, "stall")(response);
    const drops = setInterval(() => response.write(more.join("")), 20);
    response.once("close", () => clearInterval(drops));
  };
}

/** One server-sent event. */
export function line(data: unknown, event?: string): string {
  return `${event ? `event: ${event}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
}
