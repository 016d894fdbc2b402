import { z } from "zod";
import { JobError, PermanentError, WaitError } from "../../errors.ts";
import { askedRetryTime } from "../../model/refusals/retry-after.ts";
import type { UserErrors } from "./operations.ts";

/** The shop does not take the token, or no longer. */
export class UnknownToken extends Error {
  override readonly name = "UnknownToken";
}

const why = "the shop asks to slow down";
const usualWaitSeconds = 2;

/** Why an answer by its status is none. Null for one that can be read. */
export function refusalByStatus(
  { status, headers }: Pick<Response, "status" | "headers">,
  now: Date,
): Error | null {
  if (status === 200) return null;
  if (status === 401) return new UnknownToken();
  if (status === 429) return new WaitError(askedRetryTime(headers, now) ?? later(now, usualWaitSeconds), why);
  if (status === 408 || status >= 500)
    return new JobError("provider_error", `The shop could not answer (${status}).`);
  if (status === 402 || status === 403 || status === 423)
    return new PermanentError(`The shop does not permit this (${status}).`, { code: "permission_denied" });
  if (status === 404 || (status >= 300 && status < 400))
    return new PermanentError(`There is no shop at this domain (${status}).`, { code: "wrong_address" });
  return new PermanentError(`The shop refused the request (${status}).`, { code: "bad_request" });
}

const Cost = z.object({
  requestedQueryCost: z.number(),
  throttleStatus: z.object({ currentlyAvailable: z.number(), restoreRate: z.number().positive() }),
});

const Refused = z.object({
  errors: z.array(
    z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }),
  ),
  extensions: z.object({ cost: Cost.optional().catch(undefined) }).optional(),
});

/** Why an answer that GraphQL gave with 200 is none. Null for one without errors. */
export function refusalByBody(body: unknown, now: Date): Error | null {
  const { data: refused } = Refused.safeParse(body);
  const [error] = refused?.errors ?? [];
  if (!error) return null;
  const code = error.extensions?.code ?? "";
  if (code === "THROTTLED") return new WaitError(later(now, secondsUntilEnough(refused?.extensions?.cost)), why);
  if (code === "ACCESS_DENIED")
    return new PermanentError("The shop does not permit this: the app needs the scope write_content.", {
      code: "permission_denied",
    });
  if (code === "INTERNAL_SERVER_ERROR" || code === "TIMEOUT")
    return new JobError("provider_error", `The shop could not answer (${code}).`);
  return new PermanentError(`The shop did not understand the request: ${error.message.slice(0, 300)}`, {
    code: "bad_request",
  });
}

/** How long until the bucket holds what the request costs. */
function secondsUntilEnough(cost: z.output<typeof Cost> | undefined): number {
  if (!cost) return usualWaitSeconds;
  const { currentlyAvailable, restoreRate } = cost.throttleStatus;
  return Math.max(1, Math.ceil((cost.requestedQueryCost - currentlyAvailable) / restoreRate));
}

/** What the shop has against an article, in its own words. */
export function refusedArticle(errors: UserErrors): PermanentError {
  const said = errors.map(({ code, field, message }) => {
    const place = (field ?? []).filter((name) => name !== "article").join(".");
    return `${place ? `${place}: ` : ""}${message.slice(0, 200)}${code ? ` (${code})` : ""}`;
  });
  return new PermanentError(`The shop refused the article: ${said.join("; ")}`, { code: "bad_request" });
}

/** Whether the shop has certainly not done what it was asked. */
export const isNotDone = (error: unknown): boolean =>
  error instanceof WaitError || error instanceof PermanentError || error instanceof UnknownToken;

const later = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1000);
