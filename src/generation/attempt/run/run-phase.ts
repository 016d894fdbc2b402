import type { PhaseContext } from "../../../author/context.ts";
import type { Publisher } from "../../../content/shopify/publisher.ts";
import type { Log } from "../../../log/log.ts";
import type { KnownAbilities } from "../../../model/abilities.ts";
import type { Models } from "../../../model/models.ts";
import type { ModelPort } from "../../../model/port/port.ts";
import type { PriceList } from "../../../money/prices.ts";
import { createWaitFor } from "../answers/wait-for.ts";
import { deskOf } from "../answers/wanted-answers.ts";
import { createSpawn, type SubmitChildren } from "../children/spawn.ts";
import { type Output, outputJson, SchemaError } from "../output.ts";
import type { RunningAttempt } from "../running-attempt.ts";
import type { CloseCall } from "../steps/calls.ts";
import { createModelClient } from "../steps/model-client.ts";
import type { OpenCall } from "../steps/open-call.ts";
import { createPatience } from "../steps/patience.ts";
import { createSteps, isInStep, outsideOfSteps, requireStep, type StepParts } from "../steps/steps.ts";
import { createWaitInPlace } from "../wait-in-place.ts";
import { followingOf } from "./following.ts";
import { createHandlerLog } from "./handler-log.ts";
import type { ReadInput } from "./inputs.ts";
import { createProgress } from "./progress.ts";
import { createRest } from "./rest.ts";
import { presentInput } from "./stored-input.ts";
import { handedOut } from "./stray-errors.ts";

export type RunParts = StepParts & {
  readInput: ReadInput;
  abilitiesOf: (port: ModelPort) => KnownAbilities;
  openCall: OpenCall;
  closeCall: CloseCall;
  models: Models;
  publisher: Publisher;
  prices: PriceList;
  submitChildren: SubmitChildren;
  log: Log;
};

/** Runs the phase's handler. Returns its output, checked and measured; throws what the handler threw. */
export async function runPhase(parts: RunParts, attempt: RunningAttempt, signal: AbortSignal): Promise<Output> {
  const { db, write, readInput, abilitiesOf, openCall, closeCall, models, publisher, prices, log, maxOutputBytes } =
    parts;
  const { row, phase, claimed, startedAt } = attempt;
  const about = { phase: phase.name, attempt: row.attempts };
  const what = (part: string) => `The ${part} of "${phase.name}"`;
  const given = await readInput(attempt);
  const input = presentInput(attempt.type, phase, given, new Date());
  const inPlace = createWaitInPlace(write, claimed, signal, startedAt + (phase.expireInSeconds * 1000) / 2);
  const handler = { isOver: false };
  const step = await createSteps(parts, { ...attempt, ...given }, signal, inPlace, handler);
  const model = createModelClient({
    models,
    prices,
    db,
    abilitiesOf,
    waitOrFail: createPatience(db),
    deadline: startedAt + phase.expireInSeconds * 1000,
    openCall,
    closeCall,
    log,
    owner: () => {
      const step = requireStep();
      const { key, inputHash } = step;
      return { ...claimed, tenant: row.tenant, ...about, step: key, inputHash, call: ++step.calls };
    },
    text: () => requireStep().text,
    inPlace,
    signal,
  });
  const progress = createProgress(write, attempt);
  const rest = createRest(step);
  const waitFor = createWaitFor(deskOf(db, { jobId: row.id, phase: phase.name }), isInStep);
  const spawn = createSpawn(parts, attempt, isInStep);
  let stepsUnderWay = 0;
  const context: PhaseContext<unknown> = {
    input,
    job: Object.freeze({ id: row.id, type: row.type, tenant: row.tenant, articleId: row.articleId }),
    attempt: row.attempts,
    signal,
    step: (...asked) => {
      stepsUnderWay++;
      return handedOut(step(...asked).finally(() => stepsUnderWay--));
    },
    model: {
      text: (prompt) => handedOut(model.text(prompt)),
      object: (prompt) => handedOut(model.object(prompt)),
    },
    shops: {
      publish: (order) => handedOut(publisher.publish({ jobId: row.id, tenant: row.tenant, signal }, order)),
    },
    progress: (reached) => handedOut(progress(reached)),
    wait: (...asked) => handedOut(rest(...asked)),
    spawn: (name, children) => handedOut(spawn(name, children)),
    waitFor: (...asked) => handedOut(waitFor(...asked)),
    log: createHandlerLog(log, { job: row.id, type: row.type, ...about }),
  };
  const run = async () => await phase.definition.run(context as PhaseContext<never>);
  const output = await outsideOfSteps(run).finally(() => {
    handler.isOver = true;
  });
  // Its output is lost with the attempt: an await is missing.
  if (stepsUnderWay > 0) log.warn({ event: "step_not_awaited", job: row.id, ...about, steps: stepsUnderWay });
  const checked = phase.definition.output.safeParse(output);
  if (!checked.success) throw new SchemaError("internal", what("output"), checked.error);
  const json = outputJson(what("output"), checked.data, maxOutputBytes);
  return { ...followingOf(phase, checked.data), json };
}
