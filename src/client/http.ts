import { z } from "zod";
import { StartError } from "../errors.ts";

const Problem = z.object({
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).default([]),
});

type Init = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

/** A service and the key to it, if it needs one. */
export type Address = { url: string; key?: string | undefined };

/** Calls a service. A refusal becomes a StartError with what the service said. */
export async function call({ url, key }: Address, path: string, init: Init = {}): Promise<Response> {
  const headers = { ...init.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  const response = await fetch(new URL(path, url), { ...init, headers }).catch((error: unknown) => {
    throw new StartError(`No service answers at ${url}. Start it with npm start, or unset GALLEY_URL.`, {
      cause: error,
    });
  });
  if (response.ok) return response;
  const problem = Problem.safeParse(await response.json().catch(() => null));
  if (!problem.success) throw new StartError(`${url}${path} answered ${response.status}.`);
  const { detail, errors } = problem.data;
  const hint = response.status === 401 ? ["GALLEY_API_KEY is the key that is sent."] : [];
  throw new StartError(
    [detail, ...hint, ...errors.map(({ pointer, message }) => `  ${pointer}: ${message}`)].join("\n"),
  );
}
