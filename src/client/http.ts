import { z } from "zod";
import { StartError } from "../errors.ts";

const Problem = z.object({
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).default([]),
});

/** Calls the service at `baseURL`. A refusal becomes a StartError with what the service said. */
export async function call(baseURL: string, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(new URL(path, baseURL), init).catch((error: unknown) => {
    throw new StartError(`No service answers at ${baseURL}. Start it with npm start, or unset GALLEY_URL.`, {
      cause: error,
    });
  });
  if (response.ok) return response;
  const problem = Problem.safeParse(await response.json().catch(() => null));
  if (!problem.success) throw new StartError(`${baseURL}${path} answered ${response.status}.`);
  const { detail, errors } = problem.data;
  throw new StartError([detail, ...errors.map(({ pointer, message }) => `  ${pointer}: ${message}`)].join("\n"));
}
