import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Exchange, exchangeOver, newId } from "./api/api.ts";
import { chat } from "./api/chat.ts";
import { readJson, sendEvents, sendJson } from "./api/http.ts";
import { responses } from "./api/responses.ts";
import { draft, draftOf } from "./draft.ts";
import { createFaults, type Fault } from "./fault.ts";
import { paced, unlessAborted } from "./pace.ts";
import type { Prompt } from "./prompt.ts";
import { Refusal } from "./refusal.ts";
import { type ServerName, servers } from "./servers/index.ts";
import { dressed } from "./shape.ts";

export type DemoOptions = {
  /** Default 0: any free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Speaks Chat Completions as this server does. Default: as OpenAI. */
  as?: ServerName;
  /** Pause before each chunk of about five words, in milliseconds. Default 0. */
  delayMsPerChunk?: number;
  /** Awaited before an answer begins. */
  onRequest?: (prompt: { user: string; system: string }) => Promise<void> | void;
  /** What is answered in place of the demo model's own text: pieces of a text, or a fault. */
  answer?: (prompt: Prompt) => Promise<string[] | Fault> | string[] | Fault;
  /** Awaited before each chunk, also of an answer that is sent in one piece. */
  onChunk?: (chunk: string) => Promise<void> | void;
};

export type DemoModel = {
  /** For the client's option of this name, such as `http://127.0.0.1:4010/v1`. */
  baseURL: string;
  calls: {
    /** The requests so far, the oldest first: the last 10,000 of them. */
    requests(): DemoRequest[];
    /** How many answers are being written at this moment. */
    open(): number;
  };
  /** Stops listening and cuts the connections of answers that are still being written. */
  close(): Promise<void>;
};

export type DemoRequest = { method: string; path: string; at: Date };

/** Bounds the memory of a server that runs for weeks. */
const maxLogged = 10_000;

const apisAs = (as: ServerName | undefined): Record<string, (body: unknown) => Exchange> => ({
  "POST /v1/responses": exchangeOver(responses),
  "POST /v1/chat/completions": as ? dressed(servers[as], exchangeOver(chat)) : exchangeOver(chat),
});

const models = {
  object: "list",
  data: [{ id: "demo-1", object: "model", created: 1_767_225_600, owned_by: "galley" }],
};

/**
 * Starts a server that speaks OpenAI's Responses and Chat Completions APIs and answers with template prose about the
 * topic of the request. The same request gets the same answer. It takes every key and every model's name; a name like
 * `demo-1:429` asks for a fault.
 */
export async function startDemoModel(options: DemoOptions = {}): Promise<DemoModel> {
  const { port = 0, host = "127.0.0.1", as } = options;
  const apis = apisAs(as);
  const log: DemoRequest[] = [];
  const open = new Set<ServerResponse>();
  const nextFault = createFaults();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    response.setHeader("x-request-id", newId("req_"));
    const method = request.method ?? "";
    const [path = ""] = (request.url ?? "").split("?", 1);
    log.push({ method, path, at: new Date() });
    if (log.length > maxLogged) log.shift();
    try {
      if (`${method} ${path}` === "GET /v1/models") return sendJson(response, 200, models);
      const exchange = apis[`${method} ${path}`];
      if (!exchange) throw new Refusal(404, `Invalid URL (${method} ${path})`);
      const asked = exchange(await readJson(request));
      open.add(response);
      await generate(asked, response, gone.signal);
    } catch (cause) {
      // The client has closed its socket: no answer can reach it.
      if (gone.signal.aborted) return;
      refuse(response, cause);
    } finally {
      open.delete(response);
    }
  }

  async function generate(asked: Exchange, response: ServerResponse, gone: AbortSignal): Promise<void> {
    const { delayMsPerChunk = 0, onRequest = () => {}, onChunk = () => {} } = options;
    const { model, user, system, stream } = asked.prompt;
    await unlessAborted(onRequest({ user, system }), gone);
    const given = await options.answer?.(asked.prompt);
    const fault = Array.isArray(given) ? undefined : (given ?? nextFault(model));
    if (fault instanceof Refusal) throw fault;
    if (fault === "stall") await unlessAborted(new Promise(() => {}), gone);
    const prompt = fault === "truncate" ? { ...asked.prompt, maxOutputTokens: 1 } : asked.prompt;
    const written = Array.isArray(given) ? draftOf(prompt, given) : draft(prompt);
    let left = written.chunks.length;
    const pace = async (chunk: string) => {
      await onChunk(chunk);
      left -= 1;
      if (fault === "cut" && left === 0) response.destroy();
    };
    const chunks = paced(written.chunks, { delayMsPerChunk, onChunk: pace, gone });
    if (stream) return sendEvents(response, asked.events(written, chunks), gone);
    for await (const _ of chunks);
    sendJson(response, 200, asked.whole(written));
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(port, host);
  await once(server, "listening");
  return {
    baseURL: `${originOf(server)}/v1`,
    calls: { requests: () => [...log], open: () => open.size },
    close: () => close(server),
  };
}

function refuse(response: ServerResponse, cause: unknown): void {
  const refusal = cause instanceof Refusal ? cause : new Refusal(500, `The demo model failed: ${String(cause)}`);
  // After the headers no error can be sent any more. The closed socket shows the client that the answer broke off.
  if (response.headersSent) response.destroy();
  else sendJson(response, refusal.status, refusal.body);
}

function originOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The demo model listens on no port.");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
