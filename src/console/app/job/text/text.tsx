import type { Job } from "galley/client";
import { isFinished } from "../../parts/status.tsx";
import type { Phase } from "../story.ts";
import { Article } from "./article.tsx";
import { Prose } from "./prose.tsx";
import { Result } from "./result.tsx";
import { Sheet } from "./sheet.tsx";
import { writtenIn } from "./written.ts";

/** What a job writes: the text of its steps while it is written, then the article or the result. */
export function Text({ job, phases }: { job: Job; phases: readonly Phase[] }) {
  if (job.articleId !== null) return <Article id={job.articleId} />;
  if (job.status === "completed")
    return (
      <Sheet title="The result">
        <Result result={job.result} />
      </Sheet>
    );
  return <Writing phases={phases} isFinished={isFinished(job)} />;
}

function Writing({ phases, isFinished }: { phases: readonly Phase[]; isFinished: boolean }) {
  const parts = writtenIn(phases);
  const length = parts.reduce((sum, { text }) => sum + text.length, 0);
  return (
    <Sheet title={isFinished ? "What was written" : "The text, as it is written"} follow={length}>
      {parts.length === 0 && (
        <p class="nothing">
          {isFinished ? "Nothing was written before the job ended." : "The first words appear here when they come."}
        </p>
      )}
      <div class="prose" aria-live="off">
        {parts.map(({ key, label, text, isWritten }) => (
          <section key={key} aria-label={label}>
            <h3>{label}</h3>
            <Prose text={text} isWritten={isWritten} />
          </section>
        ))}
      </div>
    </Sheet>
  );
}
