import type { Route } from "./route.ts";
import { getArticle } from "./specs/articles.ts";
import { getHealth, getReadiness } from "./specs/health.ts";
import { cancelJob, getJob, listEvents, listJobs, resumeJob, submitJob } from "./specs/jobs.ts";
import { createToken } from "./specs/tokens.ts";
import { getType, listTypes } from "./specs/types.ts";

/** The whole API, in the order in which the document shows it. */
export const routes = [
  submitJob,
  listJobs,
  getJob,
  listEvents,
  cancelJob,
  resumeJob,
  createToken,
  getArticle,
  listTypes,
  getType,
  getHealth,
  getReadiness,
] as const satisfies readonly Route[];

export type Routes = (typeof routes)[number];
