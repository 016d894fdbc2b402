import { addresses } from "./addresses.ts";
import { errorOf, GalleyError } from "./error.ts";
import type { Answer, Given, RouteId } from "./types.ts";

export type ClientOptions = {
  /** Where the service is, like `http://localhost:3000`. In a page of the same origin: the empty string. */
  baseUrl: string;
  /** A key, or a token for a browser. */
  apiKey?: string | undefined;
  /** In place of the platform's. */
  fetch?: typeof globalThis.fetch;
  /** How long `wait` and `events` wait for a service that is away, in a row. Default 300. */
  patienceSeconds?: number;
};

export type Signalled = { signal?: AbortSignal | undefined };

/** Sends one request, and gives what answers it. */
export type Send = <Id extends RouteId>(
  routeId: Id,
  given: Given<Id> & Signalled,
  accept?: string,
) => Promise<Response>;

type Untyped = { params?: object; query?: object; headers?: object; body?: unknown };

/**
 * Sends requests to a service. Throws GalleyError for every answer but success and 304, and what `signal` was aborted
 * with.
 */
export function createSend({ baseUrl, apiKey, fetch = globalThis.fetch }: ClientOptions): Send {
  return async (routeId, { signal, ...given }, accept = "application/json") => {
    const { params = {}, query = {}, headers = {}, body } = given as Untyped;
    const [method = "", template = ""] = addresses[routeId].split(" ");
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(String(params[name as keyof typeof params])),
    );
    const address = `${baseUrl.replace(/\/+$/, "")}${path}${searchOf(query)}`;
    const response = await fetch(address, {
      method: method.toUpperCase(),
      headers: {
        Accept: accept,
        ...(apiKey && { Authorization: `Bearer ${apiKey}` }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...textsOf(headers),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal ?? null,
    }).catch((error: unknown) => Promise.reject(unreachable(address, error, signal)));
    if (response.ok || response.status === 304) return response;
    throw await errorOf(response);
  };
}

/** Reads the whole of an answer. Throws GalleyError if its line breaks. */
export async function readAnswer<Id extends RouteId>(
  response: Response,
  signalled: Signalled,
): Promise<Answer<Id>> {
  const { status, headers, url } = response;
  const text = await readText(response, signalled);
  try {
    return { status, headers, body: text === "" ? undefined : JSON.parse(text) } as Answer<Id>;
  } catch (cause) {
    throw new GalleyError({ code: "unexpected", status, detail: `${url} answered with what is not JSON.`, cause });
  }
}

/** As `readAnswer`, for what is not JSON. */
export async function readText(response: Response, { signal }: Signalled): Promise<string> {
  return await response.text().catch((error: unknown) => Promise.reject(unreachable(response.url, error, signal)));
}

/** What to throw when a line broke: what the caller aborted with, or that the service is not there. */
export function unreachable(address: string, cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  return new GalleyError({ code: "unreachable", status: 0, detail: `No service answers at ${address}.`, cause });
}

const textsOf = (values: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );

function searchOf(query: object): string {
  const search = new URLSearchParams(textsOf(query)).toString();
  return search && `?${search}`;
}
