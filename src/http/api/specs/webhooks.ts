import { z } from "zod";
import { webhookEvents } from "../../../webhooks/events.ts";
import { route } from "../route.ts";
import { Delivery, Secret, Webhook, WebhookEvent, WebhookUrl } from "../schemas/webhook.ts";

const Identified = (what: string) => z.object({ id: z.string().meta({ description: `The id of a ${what}` }) });

export const createWebhook = route({
  id: "createWebhook",
  method: "post",
  path: "/v1/webhooks",
  tag: "webhooks",
  summary: "Be told of jobs and batches",
  description: "Its secret is in this answer, and in no later one.",
  body: z
    .strictObject({
      url: WebhookUrl,
      events: z
        .array(WebhookEvent)
        .min(1)
        .default([...webhookEvents]),
    })
    .meta({ id: "WebhookRequest" }),
  answers: { 201: { description: "The webhook", schema: Webhook.extend({ secret: Secret }) } },
  problems: [],
});

export const listWebhooks = route({
  id: "listWebhooks",
  method: "get",
  path: "/v1/webhooks",
  tag: "webhooks",
  summary: "List webhooks, the oldest first",
  description: "`jobSecret` is what events for the `webhookUrl` of single jobs are signed with.",
  answers: {
    200: { description: "All webhooks", schema: z.object({ data: z.array(Webhook), jobSecret: Secret }) },
  },
  problems: [],
});

export const deleteWebhook = route({
  id: "deleteWebhook",
  method: "delete",
  path: "/v1/webhooks/{id}",
  tag: "webhooks",
  summary: "Delete a webhook",
  params: Identified("webhook"),
  answers: { 204: { description: "Nothing more is sent there" } },
  problems: ["not_found"],
});

export const listDeliveries = route({
  id: "listDeliveries",
  method: "get",
  path: "/v1/jobs/{id}/deliveries",
  tag: "webhooks",
  summary: "Read what was told of a job, and to whom",
  description: "The newest first, at most 100.",
  params: Identified("job"),
  answers: { 200: { description: "Its deliveries", schema: z.object({ data: z.array(Delivery) }) } },
  problems: ["not_found", "gone"],
});

export const redeliver = route({
  id: "redeliver",
  method: "post",
  path: "/v1/deliveries/{id}/redeliver",
  tag: "webhooks",
  summary: "Send an event once more",
  description: "Now, under the same `webhook-id`, whether it was delivered, has failed, or waits for its next try.",
  params: Identified("delivery"),
  answers: { 202: { description: "The delivery", schema: Delivery } },
  problems: ["not_found"],
});
