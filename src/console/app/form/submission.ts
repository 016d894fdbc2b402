import type { Given } from "galley/client";
import { useRef } from "preact/hooks";
import { client } from "../state/session.ts";

/** Submits a job or a batch of any type. Gives its id. */
export async function post<Id extends "submitJob" | "submitBatch">(
  id: Id,
  body: unknown,
  key: string,
): Promise<{ id: string }> {
  const given = { body, headers: { "idempotency-key": key } } as Given<Id>;
  return (await client.value.request(id, given)).body as { id: string };
}

/** A name for what is about to be submitted: the same one as long as that is the same, so that two clicks make one job. */
export function useOncePer(what: string): string {
  const named = useRef({ what, key: newKey() });
  if (named.current.what !== what) named.current = { what, key: newKey() };
  return named.current.key;
}

// `randomUUID` is missing where a page has come over plain HTTP.
const newKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
