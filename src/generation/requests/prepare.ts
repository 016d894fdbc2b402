import { InputError, RequestError } from "../../errors.ts";
import type { JobTransaction } from "../job/locked-jobs.ts";
import type { CheckedSubmission } from "./submit.ts";

/**
 * Lets the type look up what it needs, in the transaction that submits. Returns the submission with the input that is kept.
 * Throws RequestError for an input that the type does not accept.
 */
export async function prepare<
  Checked extends Pick<CheckedSubmission, "preparing"> & { job: CheckedSubmission["job"] },
>({ tx }: JobTransaction, checked: Checked): Promise<Checked> {
  const { preparing: type, job } = checked;
  if (!type?.prepare) return checked;
  const { id, tenant, topicId } = job;
  try {
    const prepared = await type.prepare(tx, job.requestData, { id, tenant, topicId });
    return { ...checked, job: { ...job, requestData: type.input.parse(prepared) } };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new RequestError("invalid_input", `The input does not fit the type "${type.type}".`, {
      issues: [{ pointer: `/input${error.place}`, message: error.message }],
      cause: error,
    });
  }
}
