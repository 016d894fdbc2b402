/** What an endpoint may hear of. */
export const webhookEvents = ["job.completed", "job.failed", "job.cancelled", "batch.completed"] as const;

export type WebhookEvent = (typeof webhookEvents)[number];

/** Why a try ended without the receiver having taken the event. */
export const deliveryErrors = [
  /** Its address is inside the network, or is not https. */
  "forbidden_address",
  /** It could not be reached, or its certificate is not valid. */
  "unreachable",
  "timeout",
  "redirected",
  /** It answered with a status that is not 2xx. */
  "refused",
  /** The service was stopped meanwhile. */
  "interrupted",
  "endpoint_deleted",
] as const;

export type DeliveryError = (typeof deliveryErrors)[number];
