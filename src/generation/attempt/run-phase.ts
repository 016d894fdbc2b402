import { and, eq } from "drizzle-orm";
import type { PhaseContext } from "../../author/define.ts";
import type { Db } from "../../db/client.ts";
import { generationPhases } from "../../db/schema/index.ts";
import { PermanentError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { ModelPort } from "../../model/port.ts";
import type { PriceList } from "../../money/prices.ts";
import { checkOutput, SchemaError } from "./output.ts";
import { createProgress } from "./progress.ts";
import type { RunningAttempt } from "./running-attempt.ts";
import { createModelClient } from "./steps/model-client.ts";
import { createSteps, requireStep } from "./steps/steps.ts";
import { handedOut } from "./stray-errors.ts";
import { createWaitInPlace } from "./wait-in-place.ts";

type Parts = { db: Db; port: ModelPort; prices: PriceList; log: Log; maxOutputBytes: number };

/** Runs the phase's handler. Returns its output, checked and measured; throws what the handler threw. */
export async function runPhase(
  { db, port, prices, log, maxOutputBytes }: Parts,
  attempt: RunningAttempt,
  signal: AbortSignal,
): Promise<unknown> {
  const { row, phase, claimed, startedAt } = attempt;
  const about = { phase: phase.name, attempt: row.attempts };
  const what = (part: string) => `The ${part} of "${phase.name}"`;
  const input = phase.definition.input.safeParse(await readInput(db, attempt));
  if (!input.success) throw new SchemaError(what("input"), input.error, { retryable: false });
  const inPlace = createWaitInPlace(db, claimed, signal, startedAt + (phase.expireInSeconds * 1000) / 2);
  const step = await createSteps(db, attempt, signal, inPlace, maxOutputBytes);
  const model = createModelClient({
    port,
    prices,
    db,
    owner: () => ({ ...claimed, tenant: row.tenant, ...about, step: requireStep().key }),
    text: () => requireStep().text,
    inPlace,
    signal,
  });
  const progress = createProgress(db, attempt);
  let stepsUnderWay = 0;
  const context: PhaseContext<unknown> = {
    input: input.data,
    job: { id: row.id, type: row.type, tenant: row.tenant },
    attempt: row.attempts,
    signal,
    step: (...given) => {
      stepsUnderWay++;
      return handedOut(step(...given).finally(() => stepsUnderWay--));
    },
    model: {
      text: (prompt) => handedOut(model.text(prompt)),
      object: (prompt) => handedOut(model.object(prompt)),
    },
    progress: (given) => handedOut(progress(given)),
  };
  const output = await phase.definition.run(context as PhaseContext<never>);
  // Its output is lost with the attempt: an await is missing.
  if (stepsUnderWay > 0) log.warn({ event: "step_not_awaited", job: row.id, ...about, steps: stepsUnderWay });
  const checked = phase.definition.output.safeParse(output);
  if (!checked.success) throw new SchemaError(what("output"), checked.error, { retryable: true });
  checkOutput(what("output"), checked.data, maxOutputBytes);
  return checked.data;
}

async function readInput(db: Db, { row, phase, type }: RunningAttempt): Promise<unknown> {
  const before = type.phases[phase.position - 1];
  if (!before) return row.requestData;
  const [kept] = await db
    .select({ output: generationPhases.output })
    .from(generationPhases)
    .where(and(eq(generationPhases.jobId, row.id), eq(generationPhases.phase, before.name)));
  if (!kept) throw new PermanentError(`The output of "${before.name}" is not there.`);
  return kept.output;
}
