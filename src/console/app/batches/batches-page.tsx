import { PageList } from "../list/page-list.tsx";
import { usePages } from "../list/use-pages.ts";
import { Empty } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { paths } from "../state/paths.ts";
import { client } from "../state/session.ts";
import { BatchRow } from "./batch-row.tsx";
import type { ListedBatch } from "./progress.tsx";

const columns = ["Batch", "Status", "Cost", "Time", "Submitted"];

/** The batches, the newest first, as they change. */
export function BatchesPage() {
  const batches = usePages<ListedBatch>((query, _known, signal) => client.peek().batches.list(query, { signal }));
  return (
    <>
      <header class="page-head">
        <PageTitle>Batches</PageTitle>
      </header>
      <PageList
        pages={batches}
        name="Batches"
        columns={columns}
        row={(batch) => <BatchRow key={batch.id} batch={batch} />}
        empty={<NoBatches />}
      />
    </>
  );
}

const NoBatches = () => (
  <Empty title="No batches yet">
    <p>A batch is up to 1,000 jobs that are submitted together, all of them or none.</p>
    <a class="button primary" href={paths.new}>
      Submit several jobs at once
    </a>
  </Empty>
);
