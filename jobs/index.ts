import type { JobType } from "../src/author/index.ts";
import { article } from "./article/index.ts";

/** Everything that this service can generate. */
export const jobTypes: readonly JobType[] = [article];
