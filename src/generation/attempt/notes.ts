import type { Db } from "../../db/client.ts";
import type { JobEvent } from "../history/events.ts";
import type { AttemptId, Job, JobFields } from "../job/job.ts";
import { createJobGroup } from "../job/job-group.ts";
import { presentJob } from "../job/locked-jobs.ts";
import { writeForAttempt } from "../job/store.ts";

/** What a running attempt writes on its way: progress, the start of a step, a piece of text, a wait in place. */
export type Note = {
  attempt: AttemptId;
  /** Asked at each try to write it. `now`: the database's time. */
  what: (job: Job, now: Date) => { fields?: JobFields; events: JobEvent[] };
};

/** Writes a note. False if the attempt has lost its job. */
export type Notes = (note: Note) => Promise<boolean>;

export function createNotes(db: Db): Notes {
  return createJobGroup<Note, boolean>(
    db,
    { jobIdOf: ({ attempt }) => attempt.jobId },
    async (transaction, notes) =>
      notes.map(({ attempt, what }) => {
        const job = presentJob(transaction, attempt.jobId);
        if (!job) return false;
        const { fields = {}, events } = what(job, transaction.now);
        return writeForAttempt(transaction, attempt, fields, events) !== null;
      }),
  );
}
