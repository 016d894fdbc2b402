import { formatCost } from "../parts/format.ts";
import { Status } from "../parts/status.tsx";
import { Ago, Took } from "../parts/time.tsx";
import { batchPath } from "../state/paths.ts";
import { type ListedBatch, nameOf, Parts, standOf } from "./progress.tsx";

/** A batch in one row: how many jobs, how they stand, what they cost, how long they took. */
export function BatchRow({ batch }: { batch: ListedBatch }) {
  const { id, status, tags, cost, createdAt, completedAt } = batch;
  return (
    <li class="row">
      <div class="what">
        <a class="cover" href={batchPath(id)}>
          {tags.length > 0 ? tags.join(", ") : nameOf(batch)}
        </a>
        <p class="under">
          <span>{tags.length > 0 ? nameOf(batch) : "without tags"}</span>
        </p>
      </div>
      <div class="state">
        <Status status={status} />
        <Parts batch={batch} />
        <p class="standing">{standOf(batch)}</p>
      </div>
      <p class="cost number">
        <span class="label">Cost </span>
        {formatCost(cost)}
      </p>
      <p class="took number">
        <span class="label">Time </span>
        <Took from={createdAt} to={completedAt} />
      </p>
      <p class="created">
        <span class="label">Submitted </span>
        <Ago time={createdAt} />
      </p>
    </li>
  );
}
