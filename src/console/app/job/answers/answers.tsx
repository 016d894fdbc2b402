import type { Job } from "galley/client";
import { Problem } from "../../parts/notice.tsx";
import { useAnswer } from "../../state/answer.ts";
import { client } from "../../state/session.ts";
import { AnswerForm } from "./answer-form.tsx";

type Props = { job: Job; onChange: () => void };

/** What a job waits for a person to say. */
export function Answers({ job, onChange }: Props) {
  return job.waitingFor === "answer" ? <Asked job={job} onChange={onChange} /> : null;
}

function Asked({ job: { id, lastUpdated }, onChange }: Props) {
  const { value, error, reload } = useAnswer(
    async (signal) => (await client.value.request("listAnswers", { params: { id }, signal })).body.data,
    [id, lastUpdated],
  );
  const open = value?.filter(({ state }) => state === "open") ?? [];
  return (
    <>
      {error && <Problem error={error} onRetry={reload} />}
      {open.map((asked) => (
        <AnswerForm
          key={asked.name}
          jobId={id}
          asked={asked}
          onGiven={() => {
            reload();
            onChange();
          }}
        />
      ))}
    </>
  );
}
