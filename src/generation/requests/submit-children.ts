import type { Child } from "../../author/child.ts";
import type { Db } from "../../db/client.ts";
import { patiently } from "../../db/commit/patience.ts";
import { queryWith } from "../../db/commit/statement.ts";
import { Interruption, PermanentError, RequestError } from "../../errors.ts";
import type { SubmitChildren } from "../attempt/children/spawn.ts";
import { type Brood, countAncestors, countBroods, readBrood } from "../family/children.ts";
import { isRunBy } from "../job/job.ts";
import { lockJob, transactJobs } from "../job/locked-jobs.ts";
import { prepare } from "./prepare.ts";
import { checkSubmission, type SubmissionParts, submitJobs, takeTurnsFor } from "./submit.ts";

// A type that spawns itself would never end.
const deepest = 5;
// Nor would a phase whose inputs differ in each of its runs.
const mostBroods = 100;

/** Submits what a phase spawns: jobs of the same tenant and priority, under the parent's lock. */
export function createSubmitChildren(parts: SubmissionParts & { db: Db }): SubmitChildren {
  const { db, queue } = parts;
  const query = queryWith(db.$client, db.$client.session);

  return async ({ claimed, row }, brood, children) => {
    const depth = await patiently(db, () => countAncestors(query, row.id));
    if (depth + 1 > deepest) throw new PermanentError(`Jobs may spawn others ${deepest} levels deep.`);
    const checked = children.map((child, spawnPlace) =>
      accepted(spawnPlace, child, () => {
        const { tenant, priority } = row;
        const { type, ...about } = child;
        const one = checkSubmission(parts, tenant, { ...about, type: type.type, priority });
        return { ...one, job: { ...one.job, ...brood, spawnPlace } };
      }),
    );
    await patiently(db, async () => {
      const inTurn = await takeTurnsFor(query, queue, checked);
      await transactJobs(db, async (transaction) => {
        const parent = await lockJob(transaction, row.id);
        if (!parent || !isRunBy(parent, claimed)) throw new Interruption("lost");
        if ((await readBrood(transaction.query, brood, {})).length > 0) return;
        if ((await countBroods(transaction.query, brood)) >= mostBroods) throw tooManyBroods(brood);
        const prepared = [];
        for (const [place, one] of inTurn.entries())
          prepared.push(await accepted(place, children[place], () => prepare(transaction, one)));
        await submitJobs(transaction, queue, prepared);
      });
    });
  };
}

const tooManyBroods = ({ spawn }: Brood): PermanentError =>
  new PermanentError(
    `"${spawn.split(" ", 1)[0]}" was spawned ${mostBroods} times with other inputs: they must be the same in each run of the phase.`,
  );

/** What a caller of the API may mend is a mistake of the handler here. */
function accepted<T>(place: number, child: Child | undefined, run: () => T): T {
  const refuse = (error: unknown): never => {
    if (!(error instanceof RequestError)) throw error;
    const where = error.issues.map(({ pointer, message }) => `${pointer}: ${message}`).join("; ");
    throw new PermanentError(`Job ${place + 1} (${child?.type.type}) cannot be spawned: ${error.message}`, {
      ...(where && { detail: where }),
      cause: error,
    });
  };
  try {
    const given = run();
    return given instanceof Promise ? (given.catch(refuse) as T) : given;
  } catch (error) {
    return refuse(error);
  }
}
