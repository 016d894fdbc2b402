/** `galley/author`: what a handler module may import. */

export { Publication, PublishTo } from "../content/shopify/order.ts";
export type { Tx } from "../db/client.ts";
export { InputError, JobError, PermanentError, WaitError } from "../errors.ts";
export { type Child, child, type EndedChild } from "./child.ts";
export type { AnswerAsked, Effort, Model, PhaseContext, Prompt, Shops, Step } from "./context.ts";
export {
  defineJob,
  definePhase,
  type JobType,
  type Migrations,
  type Phase,
  type PreparedJob,
  type Recorded,
  type RecordedJob,
} from "./define.ts";
