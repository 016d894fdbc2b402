import { Router } from "express";
import { isFinished } from "../../generation/job/transitions.ts";
import type { Service } from "../../generation/requests/service.ts";
import type { RevocationOf } from "../access/revocations.ts";
import { reply, serve } from "../api/serve.ts";
import { listEvents } from "../api/specs/jobs.ts";
import { viewEvent } from "../views.ts";
import { createReadEnded } from "./ended-job.ts";
import { type StreamParts, streamEvents } from "./event-stream.ts";

export type EventParts = Omit<StreamParts, "readPage" | "readEnded" | "revoked"> & {
  service: Service;
  revocationOf: RevocationOf;
};

/** A job's events: a stream for a client that accepts one, else those so far as JSON. */
export function eventRoutes({ service, revocationOf, ...parts }: EventParts): Router {
  const router = Router();

  serve(router, listEvents, async ({ params, query, headers, tenant, request, response }) => {
    const job = await service.find(tenant, params.id);
    // An EventSource that comes back asks at its first address, and says in the header how far it came since.
    const after = headers["last-event-id"] ?? query.after;
    const readEnded = createReadEnded(service.find, tenant);
    response.vary("Accept");
    if (request.accepts(["application/json", "text/event-stream"]) !== "text/event-stream") {
      const events = await service.readEvents(job, after);
      const ended = await readEnded(events);
      return reply(200, { data: events.map((event) => viewEvent(event, ended)) });
    }
    // What an EventSource takes for the end: after any other it comes back.
    if (isFinished(job.status) && after >= job.eventCount) return reply(204, undefined);
    const revoked = revocationOf(request, response);
    const reading = { revoked, readEnded, readPage: service.readPage };
    await streamEvents(response, { jobId: job.id, after }, { ...parts, ...reading });
    return null;
  });

  return router;
}
