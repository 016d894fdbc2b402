import { AsyncLocalStorage } from "node:async_hooks";
import { and, eq } from "drizzle-orm";
import type { Step } from "../../../author/define.ts";
import type { Db, Tx } from "../../../db/client.ts";
import { transactPatiently } from "../../../db/commit/patience.ts";
import { generationSteps } from "../../../db/schema/index.ts";
import { Interruption, PermanentError } from "../../../errors.ts";
import { hashOf } from "../../../hash.ts";
import { readStepCost } from "../../../money/ledger.ts";
import { storableText } from "../../../storable.ts";
import type { JobEvent } from "../../history/events.ts";
import { lockJob, writeForAttempt } from "../../job/store.ts";
import { checkOutput } from "../output.ts";
import type { RunningAttempt } from "../running-attempt.ts";
import type { InPlace } from "../wait-in-place.ts";
import { createParallelSteps } from "./parallel-steps.ts";
import { createStepText, type StepText } from "./step-text.ts";

const currentStep = new AsyncLocalStorage<{ key: string; text: StepText }>();

/** The step that the calling code runs in. Paid work outside of one would be paid for again by the next attempt. */
export function requireStep(): { key: string; text: StepText } {
  const step = currentStep.getStore();
  if (step === undefined) throw new PermanentError("The handler called the model outside of a step.");
  return step;
}

/** The steps of one attempt. Finds what earlier attempts have finished. */
export async function createSteps(
  db: Db,
  { claimed, row, phase }: RunningAttempt,
  signal: AbortSignal,
  inPlace: InPlace,
  maxOutputBytes: number,
): Promise<Step> {
  const finished = new Map<string, unknown>();
  const running = new Map<string, Promise<unknown>>();
  const inParallel = createParallelSteps(signal);
  for (const { key, inputHash, output } of await db
    .select()
    .from(generationSteps)
    .where(and(eq(generationSteps.jobId, row.id), eq(generationSteps.phase, phase.name)))) {
    finished.set(`${inputHash} ${key}`, output);
  }
  const about = { phase: phase.name, attempt: row.attempts };

  async function writeEvent(event: (tx: Tx) => Promise<JobEvent>): Promise<void> {
    const landed = await transactPatiently(db, async (transaction) =>
      writeForAttempt(transaction, claimed, {}, [await event(transaction.tx)]),
    );
    if (!landed) throw new Interruption("lost");
  }

  /** Returns what is kept: the first output for this input, whoever came first. `before`: what was not told yet. */
  async function keep(
    key: string,
    inputHash: string,
    label: string,
    output: unknown,
    before: JobEvent[],
  ): Promise<unknown> {
    const { kept, landed } = await transactPatiently(db, async (transaction) => {
      const { tx } = transaction;
      // Rows of the mirror are locked before anything else.
      await lockJob(tx, row.id);
      const id = { jobId: row.id, phase: phase.name, key, inputHash };
      // Kept even when the attempt is lost: it was paid for, and its hash says what it belongs to.
      const inserted = await tx
        .insert(generationSteps)
        .values({ ...id, output, attempt: row.attempts })
        .onConflictDoNothing()
        .returning();
      const [kept] = inserted.length > 0 ? inserted : await tx.select().from(generationSteps).where(isStep(id));
      const isNew = inserted.length > 0;
      // Found again under its own attempt, it was told already: only the answer to that commit was lost.
      const told = !isNew && kept?.attempt === row.attempts;
      const events = told ? [] : [...before, await finishedEvent(key, label, !isNew)(tx)];
      return { kept, landed: await writeForAttempt(transaction, claimed, {}, events) };
    });
    if (!landed) throw new Interruption("lost");
    return kept?.output;
  }

  const finishedEvent = (step: string, label: string, reused: boolean) => async (tx: Tx) =>
    ({
      type: "step_finished",
      data: {
        ...about,
        step,
        label,
        reused,
        ...(await readStepCost(tx, { jobId: row.id, phase: phase.name, step })),
      },
    }) satisfies JobEvent;

  async function once<Output>(key: string, inputHash: string, label: string, run: () => Promise<Output>) {
    const id = `${inputHash} ${key}`;
    if (finished.has(id)) {
      await writeEvent(finishedEvent(key, label, true));
      return finished.get(id) as Output;
    }
    const started: JobEvent = { type: "step_started", data: { ...about, step: key, label } };
    await writeEvent(async () => started);
    const text = createStepText(db, claimed, { ...about, step: key }, started);
    try {
      const given = await inPlace(() => currentStep.run({ key, text }, run));
      checkOutput(`The output of the step "${key}"`, given, maxOutputBytes);
      const output = await keep(key, inputHash, label, given, await text.end());
      finished.set(id, output);
      return output as Output;
    } finally {
      await text.end();
    }
  }

  return async (name, input, run, options) => {
    const key = storableText(name);
    const inputHash = hashOf(input);
    const id = `${inputHash} ${key}`;
    // Two calls with the same key and input are one piece of work, also while it runs.
    const promise = running.get(id) ?? inParallel(() => once(key, inputHash, options?.label ?? key, run));
    running.set(id, promise);
    try {
      return (await promise) as Awaited<ReturnType<typeof run>>;
    } finally {
      running.delete(id);
    }
  };
}

function isStep({
  jobId,
  phase,
  key,
  inputHash,
}: {
  jobId: string;
  phase: string;
  key: string;
  inputHash: string;
}) {
  return and(
    eq(generationSteps.jobId, jobId),
    eq(generationSteps.phase, phase),
    eq(generationSteps.key, key),
    eq(generationSteps.inputHash, inputHash),
  );
}
