import type { Body } from "galley/client";
import { formatCount } from "../parts/format.ts";
import { statusWords } from "../parts/status.tsx";

export type ListedBatch = Body<"listBatches">["data"][number];

const shown = ["completed", "failed", "cancelled", "processing", "pending"] as const;

const someOf = ({ counts }: Pick<ListedBatch, "counts">) => shown.filter((status) => counts[status] > 0);

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
    .map((status) => `${formatCount(batch.counts[status])} ${statusWords[status].toLowerCase()}`)
    .join(", ");

export const nameOf = ({ total }: Pick<ListedBatch, "total">): string =>
  `A batch of ${formatCount(total)} ${total === 1 ? "job" : "jobs"}`;
