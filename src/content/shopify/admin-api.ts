import { z } from "zod";
import { JobError } from "../../errors.ts";
import type { Operation } from "./operations.ts";
import { refusalByBody, refusalByStatus, UnknownToken } from "./refusals.ts";

/** `origin`: of a simulated shop, which stands in place of every one. */
export type Address = { domain: string; origin: string | undefined };

const version = "2026-10";
const limitMilliseconds = 30_000;

/*
 * Plain fetch: Shopify's own client neither knows a throttled answer (200) nor an origin without TLS, and what is left of it
 * is one POST.
 */

/** Runs an operation in a shop. Throws UnknownToken, WaitError, JobError or what `signal` was aborted with. */
export async function run<Answer>(
  { domain, origin }: Address,
  token: string,
  { text, answer }: Operation<Answer>,
  variables: object,
  signal: AbortSignal,
): Promise<Answer> {
  const body = await post(
    `${origin ?? `https://${domain}`}/admin/api/${version}/graphql.json`,
    { "content-type": "application/json", "x-shopify-access-token": token },
    JSON.stringify({ query: text, variables }),
    signal,
  );
  const refusal = refusalByBody(body, new Date());
  if (refusal) throw refusal;
  const parsed = z.object({ data: answer }).safeParse(body);
  if (parsed.success) return parsed.data.data;
  throw new JobError("provider_error", "The shop's answer is not the one that its schema promises.");
}

const Grant = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** Exchanges an app's credentials for a token. Throws as `run`; UnknownToken if the shop does not know the app. */
export async function exchange(
  { domain, origin }: Address,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
  signal: AbortSignal,
): Promise<{ token: string; seconds: number }> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
  });
  const body = await post(
    `${origin ?? `https://${domain}`}/admin/oauth/access_token`,
    { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    form.toString(),
    signal,
    // That is how OAuth refuses a client.
    (status) => status === 400,
  );
  const { data } = Grant.safeParse(body);
  if (!data) throw new JobError("provider_error", "The shop gave no token.");
  return { token: data.access_token, seconds: data.expires_in };
}

/** The JSON of an answer with 200. */
async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
  isUnknown: (status: number) => boolean = () => false,
): Promise<unknown> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(limitMilliseconds);
  try {
    // A redirect would carry the token to another host.
    const init = {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, limit]),
    } as const;
    const response = await fetch(url, init);
    const refusal = isUnknown(response.status) ? new UnknownToken() : refusalByStatus(response, new Date());
    if (refusal) {
      await response.body?.cancel();
      throw refusal;
    }
    return await response.json();
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) throw new JobError("timeout", "The shop did not answer in time.", { cause: error });
    const { name, cause } = Error.isError(error) ? error : { name: "", cause: undefined };
    if (name === "SyntaxError")
      throw new JobError("provider_error", "The shop's answer is no JSON.", { cause: error });
    // So fetch says that a line broke, or never came about.
    if (name === "TypeError" || cause)
      throw new JobError("network", "The connection to the shop broke.", { cause: error });
    throw error;
  }
}
