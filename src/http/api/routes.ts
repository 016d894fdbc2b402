import type { Route } from "./route.ts";
import { getDatabase } from "./specs/admin/database.ts";
import { drainJobs } from "./specs/admin/drain.ts";
import { createKey, getCurrentKey, listKeys, revokeKey } from "./specs/admin/keys.ts";
import { createPause, endPause, listPauses } from "./specs/admin/pauses.ts";
import { listTenants, updateTenant } from "./specs/admin/tenants.ts";
import { giveAnswer, listAnswers } from "./specs/answers.ts";
import { cancelBatch, getBatch, listBatches, submitBatch } from "./specs/batches.ts";
import { getArticle } from "./specs/content/articles.ts";
import { changeShop, createShop, deleteShop, listShops } from "./specs/content/shops.ts";
import { createTopic, getTopic, listTopics } from "./specs/content/topics.ts";
import { getHealth, getReadiness } from "./specs/health.ts";
import {
  cancelJob,
  forkJob,
  getJob,
  listEvents,
  listJobs,
  resumeFailedJobs,
  resumeJob,
  submitJob,
} from "./specs/jobs.ts";
import {
  changeSchedule,
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  previewSchedule,
} from "./specs/schedules.ts";
import { getStatistics } from "./specs/statistics.ts";
import { createToken } from "./specs/tokens.ts";
import { getType, listTypes } from "./specs/types.ts";
import { createWebhook, deleteWebhook, listDeliveries, listWebhooks, redeliver } from "./specs/webhooks.ts";

/** The whole API, in the order in which the document shows it. */
export const routes = [
  submitJob,
  listJobs,
  getJob,
  listEvents,
  cancelJob,
  resumeJob,
  resumeFailedJobs,
  forkJob,
  listAnswers,
  giveAnswer,
  submitBatch,
  listBatches,
  getBatch,
  cancelBatch,
  createSchedule,
  listSchedules,
  getSchedule,
  changeSchedule,
  deleteSchedule,
  previewSchedule,
  createWebhook,
  listWebhooks,
  deleteWebhook,
  listDeliveries,
  redeliver,
  createTopic,
  listTopics,
  getTopic,
  createToken,
  getArticle,
  createShop,
  listShops,
  changeShop,
  deleteShop,
  listTypes,
  getType,
  getStatistics,
  drainJobs,
  createPause,
  listPauses,
  endPause,
  getDatabase,
  createKey,
  listKeys,
  getCurrentKey,
  revokeKey,
  listTenants,
  updateTenant,
  getHealth,
  getReadiness,
] as const satisfies readonly Route[];

export type Routes = (typeof routes)[number];
