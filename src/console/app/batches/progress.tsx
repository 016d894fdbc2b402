import type { Body } from "galley/client";
import { Fragment } from "preact";
import { formatCount } from "../parts/format.ts";
import { statusWords } from "../parts/status.tsx";
import { paths } from "../state/paths.ts";

export type ListedBatch = Body<"listBatches">["data"][number];

const shown = ["completed", "failed", "cancelled", "processing", "pending"] as const;

const someOf = ({ counts }: Pick<ListedBatch, "counts">) => shown.filter((status) => counts[status] > 0);

const wordsOf = ({ counts }: Pick<ListedBatch, "counts">, status: (typeof shown)[number]): string =>
  `${formatCount(counts[status])} ${statusWords[status].toLowerCase()}`;

/** How the jobs of a batch stand, as a bar with a piece for each status. */
export const Parts = ({ batch }: { batch: Pick<ListedBatch, "counts"> }) => (
  <span class="parts" aria-hidden="true">
    {someOf(batch).map((status) => (
      <span key={status} class={`part ${status}`} style={{ flexGrow: batch.counts[status] }} />
    ))}
  </span>
);

/** The same in words: 3 completed, 1 failed. */
export const standOf = (batch: Pick<ListedBatch, "counts">): string =>
  someOf(batch)
    .map((status) => wordsOf(batch, status))
    .join(", ");

/** The same as links, each to the jobs of the batch that stand so. */
export const StandLinks = ({ batch }: { batch: Pick<ListedBatch, "id" | "counts"> }) => (
  <>
    {someOf(batch).map((status, index) => (
      <Fragment key={status}>
        {index > 0 && ", "}
        <a href={`${paths.jobs}?${new URLSearchParams({ batchId: batch.id, status })}`}>{wordsOf(batch, status)}</a>
      </Fragment>
    ))}
  </>
);

export const nameOf = ({ total }: Pick<ListedBatch, "total">): string =>
  `A batch of ${formatCount(total)} ${total === 1 ? "job" : "jobs"}`;
