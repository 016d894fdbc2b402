import { Router } from "express";
import type { Service } from "../../generation/requests/service.ts";
import type { Delivery } from "../../webhooks/deliveries.ts";
import type { Endpoint } from "../../webhooks/endpoints.ts";
import type { DeliveryError, WebhookEvent } from "../../webhooks/events.ts";
import type { Webhooks } from "../../webhooks/webhooks.ts";
import { reply, serve } from "../api/serve.ts";
import * as specs from "../api/specs/webhooks.ts";
import { timeOf } from "../views.ts";

/** A tenant's webhooks, what was sent to them, and once more by hand. */
export function webhookRoutes(service: Service, { endpoints, deliveries }: Webhooks): Router {
  const router = Router();

  serve(router, specs.createWebhook, async ({ body, tenant }) => {
    const { secret, ...endpoint } = await endpoints.create(tenant, body);
    return reply(201, { ...viewWebhook(endpoint), secret });
  });

  serve(router, specs.listWebhooks, async ({ tenant }) => {
    const { endpoints: data, jobSecret } = await endpoints.list(tenant);
    return reply(200, { data: data.map(viewWebhook), jobSecret });
  });

  serve(router, specs.deleteWebhook, async ({ params, tenant }) => {
    await endpoints.remove(tenant, params.id);
    return reply(204, undefined);
  });

  serve(router, specs.listDeliveries, async ({ params, tenant }) => {
    const { id } = await service.find(tenant, params.id);
    return reply(200, { data: (await deliveries.list(tenant, id)).map(viewDelivery) });
  });

  serve(router, specs.redeliver, async ({ params, tenant }) =>
    reply(202, viewDelivery(await deliveries.redeliver(tenant, params.id))),
  );

  return router;
}

const viewWebhook = ({ id, url, events, createdAt }: Endpoint) => ({
  id,
  url,
  events,
  createdAt: createdAt.toISOString(),
});

// Paths of such addresses are often secrets, and any key that reads the job reads this.
const viewDelivery = ({ id, type, jobId, batchId, endpointId, url, state, attempts, ...last }: Delivery) => ({
  id,
  type: type as WebhookEvent,
  jobId,
  batchId,
  webhookId: endpointId,
  host: new URL(url).host,
  state,
  attempts,
  lastStatus: last.lastStatus,
  lastError: last.lastError as DeliveryError | null,
  createdAt: last.createdAt.toISOString(),
  nextAttemptAt: timeOf(last.nextAttemptAt),
  deliveredAt: timeOf(last.deliveredAt),
  urls: { redeliver: `/v1/deliveries/${id}/redeliver` },
});
