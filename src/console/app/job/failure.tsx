import type { Job } from "galley/client";
import { useState } from "preact/hooks";
import { asWords, formatExactCost } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { useAction } from "../state/action.ts";
import { client } from "../state/session.ts";

/** Why a job failed: in which phase, at which attempt, for which reason, and what follows from it. */
export function FailureNotice({ job, onChange }: { job: Job; onChange: () => void }) {
  const { error } = job;
  if (job.status !== "failed" || !error) return null;
  return (
    <section class="notice bad" aria-label="Why it failed">
      <h2 class="notice-title">{error.message ?? "No reason is known."}</h2>
      {error.detail !== null && <p class="detail">{error.detail}</p>}
      <p>
        Failed in <b>{asWords(error.phase)}</b>, attempt {error.attempt} of {job.maxAttempts}
        {error.retryable === false && ". Trying again by itself would not have helped"}. Resume goes on from there;
        finished steps are not paid for again.
      </p>
      <p class="facts">
        <code>{error.code}</code>
        {error.providerRequestId !== null && (
          <span>
            The provider's request <code>{error.providerRequestId}</code>
          </span>
        )}
      </p>
      {error.code === "budget_exceeded" && <NewBudget job={job} onChange={onChange} />}
    </section>
  );
}

/** A job whose budget is used up goes on only with a higher one. */
function NewBudget({ job, onChange }: { job: Job; onChange: () => void }) {
  const [budget, setBudget] = useState("");
  const resume = useAction(async () => {
    await client.value.resume(job.id, { maxCostUsd: budget });
    onChange();
  });
  return (
    <form
      class="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        resume.run();
      }}
    >
      <div class="field">
        <label for="new-budget">
          New budget in USD{job.maxCostUsd !== null && ` (it was ${formatExactCost(job.maxCostUsd)})`}
        </label>
        <input
          id="new-budget"
          inputMode="decimal"
          pattern="\d+(\.\d+)?"
          required
          value={budget}
          onInput={({ currentTarget }) => setBudget(currentTarget.value)}
        />
      </div>
      <button type="submit" class="button primary" disabled={resume.isBusy}>
        Resume with it
      </button>
      {resume.error && <Problem error={resume.error} />}
    </form>
  );
}
