import type { Job } from "galley/client";
import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { asWords } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { isFinished } from "../parts/status.tsx";
import { useAction } from "../state/action.ts";
import { go } from "../state/address.ts";
import { jobPath } from "../state/paths.ts";
import { client } from "../state/session.ts";

type Props = { job: Job; phases: readonly string[]; onChange: () => void };

/** What can be done with a job as it stands. */
export function Actions({ job, phases, onChange }: Props) {
  const cancel = useAction(async () => {
    await client.value.cancel(job.id);
    onChange();
  });
  const resume = useAction(async () => {
    await client.value.resume(job.id);
    onChange();
  });
  const error = cancel.error ?? resume.error;
  return (
    <div class="actions">
      <div class="buttons">
        {!isFinished(job) && (
          <button type="button" class="button" onClick={cancel.run} disabled={cancel.isBusy}>
            Cancel job
          </button>
        )}
        {isFinished(job) && <Fork job={job} phases={phases} />}
        {(job.status === "cancelled" || (job.status === "failed" && job.error?.code !== "budget_exceeded")) && (
          <button type="button" class="button primary" onClick={resume.run} disabled={resume.isBusy}>
            Resume
          </button>
        )}
      </div>
      {error && <Problem error={error} />}
    </div>
  );
}

/** Asks from which phase a copy of the job begins, and goes to it. */
function Fork({ job, phases }: Omit<Props, "onChange">) {
  const [isAsking, setAsking] = useState(false);
  const ended = phases.indexOf(job.phase);
  const possible = ended === -1 ? phases : phases.slice(0, ended + 1);
  const [fromPhase, setFromPhase] = useState(possible.at(-1) ?? "");
  const fork = useAction(async () => {
    const { id } = await client.value.fork(job.id, { fromPhase });
    setAsking(false);
    go(jobPath(id));
  });
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        Fork
      </button>
      {isAsking && (
        <Dialog
          title="Fork this job"
          does="Fork job"
          isBusy={fork.isBusy}
          onClose={() => setAsking(false)}
          onSubmit={fork.run}
        >
          <p>
            A new job begins at the phase that you choose. It takes over what this one had before, so that is not
            paid for again.
          </p>
          <div class="field">
            <label for="fork-phase">Begin at</label>
            <select
              id="fork-phase"
              value={fromPhase}
              onChange={({ currentTarget }) => setFromPhase(currentTarget.value)}
            >
              {possible.map((phase) => (
                <option key={phase} value={phase}>
                  {asWords(phase)}
                </option>
              ))}
            </select>
          </div>
          {fork.error && <Problem error={fork.error} />}
        </Dialog>
      )}
    </>
  );
}
