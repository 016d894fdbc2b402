import type { Addresses } from "./types.ts";

/** The table of routes, as far as a client needs it when it runs. Its type is the table's: what differs does not compile. */
export const addresses: Addresses = {
  submitJob: "post /v1/jobs",
  listJobs: "get /v1/jobs",
  getJob: "get /v1/jobs/{id}",
  listEvents: "get /v1/jobs/{id}/events",
  cancelJob: "post /v1/jobs/{id}/cancel",
  resumeJob: "post /v1/jobs/{id}/resume",
  forkJob: "post /v1/jobs/{id}/fork",
  submitBatch: "post /v1/batches",
  getBatch: "get /v1/batches/{id}",
  cancelBatch: "post /v1/batches/{id}/cancel",
  createTopic: "post /v1/topics",
  listTopics: "get /v1/topics",
  getTopic: "get /v1/topics/{id}",
  createToken: "post /v1/tokens",
  createWebhook: "post /v1/webhooks",
  listWebhooks: "get /v1/webhooks",
  deleteWebhook: "delete /v1/webhooks/{id}",
  listDeliveries: "get /v1/jobs/{id}/deliveries",
  redeliver: "post /v1/deliveries/{id}/redeliver",
  getArticle: "get /v1/articles/{id}",
  listTypes: "get /v1/types",
  getType: "get /v1/types/{type}",
  getHealth: "get /healthz",
  getReadiness: "get /readyz",
};
