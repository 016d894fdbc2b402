import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Socket } from "node:net";
import { v7 as newUuid } from "uuid";
import { RequestError } from "../errors.ts";
import { problemOf } from "./problems.ts";

/** How long a connection may be idle, and how long a whole request may take to arrive. */
export type ServerTimes = { keepAliveSeconds: number; requestSeconds?: number };

type Exchange = { request: IncomingMessage; response: ServerResponse };

// Node's own limit.
const usualRequestSeconds = 300;
const longestCheckMilliseconds = 30_000;

/**
 * Serves the app over HTTP. What does not get as far as the app, since it is no HTTP, too long or too slow, is refused with
 * a problem too, and its connection is closed.
 */
export function createHttpServer(
  app: RequestListener,
  { keepAliveSeconds, requestSeconds = usualRequestSeconds }: ServerTimes,
): Server {
  // A load balancer that reuses a connection which the service closes at that moment answers 502, so the service keeps
  // connections for longer. Node measures the time for a request's headers on a kept connection too.
  const keepAliveTimeout = keepAliveSeconds * 1000;
  const headersTimeout = keepAliveTimeout + 5_000;
  const server = createServer({
    keepAliveTimeout,
    headersTimeout,
    // Never less than for its headers.
    requestTimeout: Math.max(requestSeconds * 1000, headersTimeout),
    connectionsCheckingInterval: Math.min(longestCheckMilliseconds, headersTimeout / 4),
    // The app refuses that itself: Node's own answer is empty.
    requireHostHeader: false,
  });
  const exchanges = new WeakMap<Socket, Exchange[]>();
  const refused = new WeakSet<Socket>();
  server.on("request", (request, response) => {
    const open = (exchanges.get(request.socket) ?? []).filter((one) => !isOver(one));
    exchanges.set(request.socket, [...open, { request, response }]);
  });
  server.on("request", app);
  // Otherwise Node answers 417, without a word.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  server.on("connect", (_request, socket) => {
    refuse(socket as Socket, new RequestError("not_found", "There is nothing to CONNECT to."));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, duplex) => {
    const socket = duplex as Socket;
    if (refused.has(socket)) return;
    refused.add(socket);
    const open = exchanges.get(socket) ?? [];
    const isAnswered = open.some(({ request, response }) => !request.complete && response.headersSent);
    if (error.code === "ECONNRESET" || socket.bytesRead === 0 || isAnswered) return void socket.destroy();
    // What came whole before the fault has its own answer first.
    const earlier = open.filter((one) => one.request.complete && !isOver(one));
    const answered = earlier.map(({ response }) => new Promise((resolve) => response.once("close", resolve)));
    void Promise.all(answered).then(() => refuse(socket, faultOf(error)));
  });
  return server;
}

const isOver = ({ request, response }: Exchange) =>
  request.complete && (response.writableFinished || response.closed);

function faultOf({ code }: NodeJS.ErrnoException): RequestError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new RequestError("invalid_input", "The head of a request may have up to 16 KiB.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new RequestError("invalid_input", "The request did not arrive in time.");
    default:
      return new RequestError("invalid_input", "Expected HTTP/1.1, got something that is not.");
  }
}

function refuse(socket: Socket, error: RequestError): void {
  if (!socket.writable) return void socket.destroy();
  const { status, text, type } = problemOf(error);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    `X-Request-Id: ${newUuid()}`,
    "Connection: close",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
  socket.destroySoon();
}
