import { z } from "zod";
import { deliveryErrors, webhookEvents } from "../../../webhooks/events.ts";
import { Count, Time, Uuid } from "./basics.ts";

export const WebhookUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine((text) => {
    const url = URL.parse(text);
    return !url || (url.username === "" && url.password === "");
  }, "expected a URL without user and password")
  .meta({
    description: "An https address outside of the service's network",
    example: "https://shop.example/hooks",
  });

export const WebhookEvent = z.enum(webhookEvents).meta({ id: "WebhookEvent" });

export const Webhook = z
  .object({ id: Uuid, url: z.string(), events: z.array(WebhookEvent), createdAt: Time })
  .meta({ id: "Webhook" });

export const Secret = z.string().meta({
  description: "What events are signed with, as Standard Webhooks has it",
  example: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
});

/** What `viewDelivery` gives. */
export const Delivery = z
  .object({
    id: Uuid.meta({ description: "The `webhook-id` of each try" }),
    type: WebhookEvent,
    jobId: z.string().nullable(),
    batchId: z.string().nullable(),
    webhookId: Uuid.nullable().meta({ description: "Null: the job's own webhookUrl" }),
    host: z.string().meta({ description: "Where it goes" }),
    state: z.enum(["pending", "delivered", "failed"]),
    attempts: Count.meta({ description: "Tries that have ended" }),
    lastStatus: Count.nullable().meta({
      description: "The HTTP status that the receiver answered the latest try with",
    }),
    lastError: z.enum(deliveryErrors).nullable().meta({ description: "Why the latest try failed" }),
    createdAt: Time,
    nextAttemptAt: Time.nullable(),
    deliveredAt: Time.nullable(),
    urls: z.object({ redeliver: z.string() }),
  })
  .meta({ id: "Delivery" });
