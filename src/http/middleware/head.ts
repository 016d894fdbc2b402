import type { Socket } from "node:net";
import type { Request, RequestHandler } from "express";
import { RequestError } from "../../errors.ts";

// Node takes the first of several, a proxy in front of the service perhaps the last.
const single = ["authorization", "content-encoding", "content-type", "host", "idempotency-key", "origin"];

const distrusted = new WeakSet<Socket>();

/**
 * Refuses a request whose head can be read in more than one way, since a proxy in front of the service may have read it in
 * another, and closes its connection. What Node's parser refuses by itself does not get here.
 */
export const unambiguousHead: RequestHandler = (request, response, next) => {
  const { socket } = request;
  // Node has read it before the connection closes. It may be what the request before was meant to hide.
  if (distrusted.has(socket)) return;
  const fault = faultOf(request);
  if (fault === null) return next();
  distrusted.add(socket);
  response.set("Connection", "close");
  throw new RequestError("invalid_input", fault);
};

function faultOf({ headers, headersDistinct, httpVersion, url }: Request): string | null {
  const repeated = single.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (repeated !== undefined) return `Expected the header ${repeated} once.`;
  const { host, expect, "transfer-encoding": coding } = headers;
  if (host === undefined && httpVersion === "1.1") return "Expected a Host, got none.";
  if (coding !== undefined && (coding.toLowerCase() !== "chunked" || httpVersion !== "1.1"))
    return "Expected no Transfer-Encoding but chunked, of HTTP/1.1.";
  if (expect !== undefined && expect.toLowerCase() !== "100-continue")
    return "Expected no Expect but 100-continue.";
  // A proxy is asked with the whole address: whoever answers must be meant by it.
  if (/^[a-z][a-z\d+.-]*:/i.test(url) && URL.parse(url)?.host !== URL.parse(`http://${host}`)?.host)
    return "Expected the host of the address in Host.";
  return null;
}
