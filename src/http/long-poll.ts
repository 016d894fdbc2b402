import { isDeepStrictEqual } from "node:util";
import type { Request, Response } from "express";
import type { Subscriptions } from "../generation/history/subscriptions.ts";
import { isFinished } from "../generation/job/transitions.ts";
import type { FoundJob } from "../generation/requests/find-job.ts";
import type { Service } from "../generation/requests/service.ts";
import { hashOf } from "../hash.ts";
import { noLongerAllowed } from "./access/authenticate.ts";
import type { RevocationOf } from "./access/revocations.ts";
import { viewJob } from "./views.ts";

const maxWaitSeconds = 60;

export type LongPollParts = {
  service: Service;
  subscriptions: Subscriptions;
  revocationOf: RevocationOf;
  /** Aborted when the process stops: what is held is answered as it is then. */
  stopping: AbortSignal;
};

/**
 * Holds the answer to a request with `Prefer: wait=20` (RFC 7240) until the job looks different, is finished, the
 * seconds are over (at most 60) or the client is gone. Returns the job as it is then; at once without that header, and
 * when the client's `If-None-Match` names another state than the present one. Throws RequestError `unauthorized` when its
 * key is revoked, or its token expires, meanwhile.
 */
export async function whenChanged(
  request: Request,
  response: Response,
  { service, subscriptions, revocationOf, stopping, tenant }: LongPollParts & { tenant: string },
  before: FoundJob,
): Promise<FoundJob> {
  const waitSeconds = preferredWait(request.get("Prefer"));
  if (waitSeconds === 0 || isFinished(before.status) || !isKnown(request, before)) return before;
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  const revoked = revocationOf(request, response);
  const until = AbortSignal.any([closed.signal, stopping, revoked, AbortSignal.timeout(waitSeconds * 1000)]);
  let job = before;
  while (!until.aborted && looksTheSame(job, before)) {
    await subscriptions.nextEvent(job.id, job.eventCount, until);
    job = await service.find(tenant, job.id);
  }
  if (revoked.aborted) throw noLongerAllowed(response, String(revoked.reason));
  response.set("Preference-Applied", `wait=${waitSeconds}`);
  return job;
}

/**
 * Whether the client has this state, as far as it says which one it has. Another process may have estimated the rest in
 * another way: that alone is no other state.
 */
function isKnown(request: Request, job: FoundJob): boolean {
  const known = request.get("If-None-Match");
  return known === undefined || known.includes(`"${stateOf(viewJob(job)).state}-`);
}

/** The ETag of a job: what it is, and what is estimated of it. */
export function etagOf(view: ReturnType<typeof viewJob>): string {
  const { state, estimate } = stateOf(view);
  return `W/"${state}-${estimate}"`;
}

function stateOf({ estimatedTimeRemaining, queuePosition, lastUpdated, ...state }: ReturnType<typeof viewJob>) {
  const short = (value: unknown) => hashOf(value).slice(0, 24);
  return { state: short(state), estimate: short({ estimatedTimeRemaining, queuePosition, lastUpdated }) };
}

// What a running step writes is in events of its own and moves only `lastUpdated`: that alone is no answer.
function looksTheSame(job: FoundJob, before: FoundJob): boolean {
  const { lastUpdated } = before;
  return isDeepStrictEqual(viewJob({ ...job, lastUpdated }), viewJob(before));
}

// Possibly among other preferences.
function preferredWait(header = ""): number {
  const seconds = Number(/(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(header)?.[1] ?? 0);
  return Math.min(maxWaitSeconds, seconds);
}
