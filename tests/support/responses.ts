import diagnostics from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach } from "@jest/globals";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { JobType } from "../../src/author/index.ts";
import { createApiDocument } from "../../src/http/api/document.ts";
import { responseHeaders } from "../../src/http/api/headers.ts";

type Described = { content?: Record<string, unknown>; headers?: Record<string, { required?: boolean }> };
type Operation = { responses: Record<string, Described> };
type Watched = { paths: { pattern: RegExp; path: string; methods: Record<string, Operation> }[]; ajv: Ajv2020 };

const watched = new Map<number, Promise<Watched>>();
const misfits: string[] = [];
const checks: Promise<unknown>[] = [];

afterEach(async () => {
  await Promise.all(checks.splice(0));
  const found = misfits.splice(0);
  if (found.length > 0) throw new Error(`Answers that the API's document does not know:\n${found.join("\n")}`);
});

/**
 * From now on each answer of the service at this address is compared with the API's own document; one that does not fit
 * fails the test in which it was given. The service does not know of it.
 */
export function checkResponses(url: string, types: readonly JobType[]): void {
  if (watched.size === 0)
    diagnostics.subscribe("http.server.request.start", (message) => listen(message as Exchange));
  watched.set(Number(new URL(url).port), documentFor(types));
}

async function documentFor(types: readonly JobType[]): Promise<Watched> {
  const document = await createApiDocument(types);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "openapi.json");
  const paths = Object.entries(document.paths ?? {}).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    path,
    methods: methods as Record<string, Operation>,
  }));
  return { paths, ajv };
}

type Exchange = { request: IncomingMessage; response: ServerResponse };

function listen({ request, response }: Exchange): void {
  const known = watched.get(request.socket.localPort ?? 0);
  if (!known) return;
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as Uint8Array));
  };
  const { write, end } = response;
  response.write = function (this: ServerResponse, ...args: unknown[]) {
    keep(args[0]);
    return write.apply(this, args as Parameters<typeof write>);
  } as typeof write;
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    keep(args[0]);
    return end.apply(this, args as Parameters<typeof end>);
  } as typeof end;
  response.once("finish", () => {
    const check = known.then((service) => compare(service, request, response, Buffer.concat(chunks).toString()));
    checks.push(check);
  });
}

function compare({ paths, ajv }: Watched, request: IncomingMessage, response: ServerResponse, body: string): void {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const method = (request.method ?? "").toLowerCase();
  const entry = paths.find(({ pattern }) => pattern.test(path));
  const operation = entry?.methods[method];
  const { statusCode } = response;
  const report = (what: string) => misfits.push(`${request.method} ${path} ${statusCode}: ${what}`);
  // What has no operation is not of this document, or refused as such.
  if (!entry || !operation) return;
  const answer = operation.responses[statusCode];
  if (!answer) return void report("the document has no such status");
  for (const name of responseHeaders) {
    const isThere = response.hasHeader(name);
    if (isThere && !answer.headers?.[name]) report(`the document has no header ${name}`);
    if (!isThere && answer.headers?.[name]?.required) report(`the header ${name} is missing`);
  }
  const media = String(response.getHeader("content-type") ?? "").split(";")[0] ?? "";
  if (statusCode === 204 || statusCode === 304 || method === "head") return;
  if (!answer.content?.[media]) return void report(`the document has no ${media || "empty body"}`);
  if (!media.includes("json")) return;
  const pointer = ["paths", entry.path, method, "responses", statusCode, "content", media, "schema"];
  const escaped = pointer.map((part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1"));
  const validate = ajv.getSchema(`openapi.json#/${escaped.map(encodeURIComponent).join("/")}`) as ValidateFunction;
  if (!validate(JSON.parse(body))) report(ajv.errorsText(validate.errors, { dataVar: "" }));
}
