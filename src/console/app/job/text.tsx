import type { Job } from "galley/client";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Loading, Problem } from "../parts/notice.tsx";
import { isFinished } from "../parts/status.tsx";
import { useAnswer } from "../state/answer.ts";
import { client } from "../state/session.ts";
import { Prose } from "./prose.tsx";
import { Result } from "./result/result.tsx";
import type { Phase } from "./story.ts";
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

function Sheet({ title, children, follow }: { title: string; children: ComponentChildren; follow?: number }) {
  const sheet = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  // New text is kept in sight, unless the reader has gone back to what came before.
  useEffect(() => {
    if (follow !== undefined && isAtEnd.current) sheet.current?.scrollTo({ top: sheet.current.scrollHeight });
  }, [follow]);
  return (
    <div class="card text">
      <h2 id="text-title">{title}</h2>
      <section
        class="sheet"
        ref={sheet}
        aria-labelledby="text-title"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight > scrollHeight - 40;
        }}
      >
        {children}
      </section>
    </div>
  );
}

function Article({ id }: { id: string }) {
  const { value, error, reload } = useAnswer((signal) => client.value.articles.html(id, { signal }), [id]);
  return (
    <Sheet title="The article">
      {error && <Problem error={error} onRetry={reload} />}
      {value === undefined && !error && <Loading what="the article" lines={5} />}
      {value !== undefined && (
        // The service has sanitised it, and the page's policy runs no script.
        <article class="prose" dangerouslySetInnerHTML={{ __html: value }} />
      )}
    </Sheet>
  );
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
