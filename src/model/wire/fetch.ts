import { type ErrorObject, readErrorBody } from "./error-body.ts";

/** Hears of every piece of an answer, comments too: its server is alive. */
export type WireInit = RequestInit & { onBytes?: () => void };

/**
 * `fetch` for the SDK, which knows one shape of answer: makes what other servers send into that. Errors get OpenAI's
 * shape, and what comes whole with status 200 becomes a stream of one event. A redirect is an error, since it would turn the
 * request into another one.
 */
export async function fetchWire(url: string | URL | Request, init: WireInit = {}): Promise<Response> {
  const { onBytes, ...rest } = init;
  const response = await fetch(url, { ...rest, redirect: "manual" });
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    const to = headers.get("location") ?? "another address";
    return asError(404, headers, { code: "redirected", type: null, param: null, message: `Redirected to ${to}.` });
  }
  if (!response.ok) {
    // What does not come in time is missing: the status says enough.
    const body = await response.text().catch(() => "");
    return asError(
      status,
      headers,
      readErrorBody(parse(body)) ?? { ...unreadable, message: body.slice(0, longest) },
    );
  }
  if (!response.body) return asStream("", headers);
  // A server may give its answer any type: what it is, its first byte says.
  const { first, body } = await peek(listenTo(response.body, onBytes ?? (() => undefined)));
  if (/^[[{<]/.test(first)) return asStream(await new Response(body).text(), headers);
  return new Response(body, { status, headers: withHeaders(headers, "text/event-stream") });
}

/** The first characters of a body that are no white space, and the whole body. */
async function peek(
  body: ReadableStream<Uint8Array>,
): Promise<{ first: string; body: ReadableStream<Uint8Array> }> {
  const reader = body.getReader();
  const read: Uint8Array[] = [];
  let first = "";
  while (first === "") {
    const { done, value } = await reader.read();
    if (done) break;
    read.push(value);
    first = new TextDecoder().decode(value).trimStart();
  }
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = read.shift();
      if (next) return controller.enqueue(next);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { first, body: whole };
}

const longest = 2_000;
const unreadable: ErrorObject = { code: null, type: null, param: null, message: "" };

/** A whole answer is paid for, though no stream as was asked for. */
function asStream(body: string, headers: Headers): Response {
  const parsed = parse(body);
  const error = readErrorBody(parsed);
  const event = error ? { error } : asEvent(parsed);
  return new Response(`data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`, {
    status: 200,
    headers: withHeaders(headers, "text/event-stream"),
  });
}

function asEvent(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return { error: unreadable };
  if ("choices" in body && Array.isArray(body.choices)) {
    return { ...body, choices: body.choices.map((choice) => ({ ...choice, delta: choice?.message })) };
  }
  return "output" in body ? { type: "response.completed", response: body } : { error: unreadable };
}

const asError = (status: number, headers: Headers, error: ErrorObject): Response =>
  new Response(JSON.stringify({ error }), { status, headers: withHeaders(headers, "application/json") });

function withHeaders(headers: Headers, type: string): Headers {
  const given = new Headers(headers);
  // They described the body that was read.
  for (const name of ["content-encoding", "content-length", "location"]) given.delete(name);
  given.set("content-type", type);
  return given;
}

function listenTo(body: ReadableStream<Uint8Array>, onBytes: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      onBytes();
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
