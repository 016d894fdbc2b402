import type { z } from "zod";
import type { RequestErrorCode } from "../../errors.ts";
import type { ResponseHeader } from "./headers.ts";

/** What a request may be answered with under one status. */
export type Answer = {
  description: string;
  /** The JSON that is sent. No transforms: a document reads nothing out of them. Without it the body is empty. */
  schema?: z.ZodType;
  /** The same in other media types, by `Accept`. */
  also?: readonly string[];
  /** What it carries beside what any answer does: `headersOfAny`. */
  headers?: readonly ResponseHeader[];
};

/**
 * One operation of the API: its schemas check requests, make the OpenAPI document and are the types of the client. Paths
 * are OpenAPI's, with `{id}`. Names of headers are in small letters.
 */
export type Route = {
  /** Names the operation in the document and for the client. */
  id: string;
  method: "get" | "post" | "patch" | "delete";
  path: `/${string}`;
  tag: "jobs" | "batches" | "schedules" | "webhooks" | "topics" | "articles" | "shops" | "types" | "service";
  summary: string;
  description?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodType;
  answers: { readonly [status: number]: Answer };
  /** How it may be refused, beside what any request may meet: `commonProblems`. */
  problems: readonly RequestErrorCode[];
};

/** Keeps the literal types of a route, from which handlers and the client take theirs. */
export const route = <const One extends Route>(one: One): One => one;

/** What may happen to any request: another machine's page, a broken address, no database, a mistake of ours. */
export const commonProblems = [
  "invalid_input",
  "forbidden",
  "misdirected",
  "internal",
  "unavailable",
] as const satisfies RequestErrorCode[];

/** What may happen to any request that a key is needed for: a body is read even where none is expected. */
export const guardProblems = [
  "unauthorized",
  "rate_limited",
  "invalid_json",
  "too_large",
] as const satisfies RequestErrorCode[];

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What a handler is given of a request, checked. */
export type Given<One extends Route> = {
  params: OutputOf<One["params"]>;
  query: OutputOf<One["query"]>;
  headers: OutputOf<One["headers"]>;
  body: OutputOf<One["body"]>;
};

/** An answer that a handler may give. */
export type Reply<One extends Route> = {
  [Status in keyof One["answers"] & number]: {
    status: Status;
    headers?: Record<string, string>;
  } & (One["answers"][Status] extends { schema: infer Schema extends z.ZodType }
    ? { body: z.input<Schema> }
    : { body?: undefined });
}[keyof One["answers"] & number];
