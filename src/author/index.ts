/** What a handler module may import. */
export type { Tx } from "../db/client.ts";
export { JobError, PermanentError, WaitError } from "../errors.ts";
export {
  defineJob,
  definePhase,
  type JobType,
  type Model,
  type Phase,
  type PhaseContext,
  type Recorded,
  type RecordedJob,
  type Step,
} from "./define.ts";
