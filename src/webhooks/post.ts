import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { Webhook } from "standardwebhooks";
import type { Addresses } from "./addresses.ts";
import type { DeliveryError } from "./events.ts";

/** How a try went. `error` is null if the receiver has taken the event; `status` is null if none came. */
export type Outcome = { status: number | null; error: DeliveryError | null };

export type SignedEvent = { id: string; url: string; secret: string; body: string };

const limitMilliseconds = 10_000;

/**
 * Sends one event, signed by Standard Webhooks. Never throws. `stopping`: ends it when aborted. Redirects are not followed,
 * and nothing is read behind the answer's headers: an answer without an end costs nothing.
 */
export async function post(
  { id, url: text, secret, body }: SignedEvent,
  addresses: Addresses,
  stopping: AbortSignal,
  milliseconds = limitMilliseconds,
): Promise<Outcome> {
  if (addresses.problemOf(text) !== null) return { status: null, error: "forbidden_address" };
  const url = new URL(text);
  const at = new Date();
  const limit = AbortSignal.timeout(milliseconds);
  const request = url.protocol === "https:" ? requestSecure : requestPlain;
  try {
    return judge(
      await new Promise<number>((resolve, reject) => {
        const sent = request(url, {
          method: "POST",
          agent: addresses.agentFor(url),
          signal: AbortSignal.any([limit, stopping]),
          headers: {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
            "user-agent": "Galley",
            "webhook-id": id,
            "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
            "webhook-signature": new Webhook(secret).sign(id, at, body),
          },
        });
        sent.on("error", reject);
        sent.on("response", (response) => {
          resolve(response.statusCode ?? 0);
          sent.destroy();
        });
        sent.end(body);
      }),
    );
  } catch (error) {
    if (stopping.aborted) return { status: null, error: "interrupted" };
    if (limit.aborted) return { status: null, error: "timeout" };
    // Of a connection's errors only those of the guard have no code.
    const hasCode = typeof error === "object" && error !== null && "code" in error;
    return { status: null, error: hasCode ? "unreachable" : "forbidden_address" };
  }
}

function judge(status: number): Outcome {
  if (status >= 200 && status < 300) return { status, error: null };
  return { status, error: status >= 300 && status < 400 ? "redirected" : "refused" };
}
