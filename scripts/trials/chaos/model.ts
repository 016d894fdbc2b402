import { Refusal } from "../../../src/demo/refusal.ts";
import { type DemoModel, startDemoModel } from "../../../src/demo/server.ts";
import type { Random } from "./random.ts";

const delayMilliseconds = 60;

/** The demo model, slow enough to be interrupted and, until `calm`, unreliable. */
export async function startFaultyModel(random: Random): Promise<DemoModel & { calm(): void; faults(): number }> {
  let isCalm = false;
  let faults = 0;
  const happens = (probability: number) => {
    const fault = !isCalm && random.next() < probability;
    if (fault) faults++;
    return fault;
  };
  const model = await startDemoModel({
    delayMsPerChunk: delayMilliseconds,
    onRequest() {
      if (happens(0.04)) throw new Refusal(429, "slow down", { code: "rate_limit_exceeded" });
      if (happens(0.04)) throw new Refusal(500, "out of order");
    },
    onChunk() {
      // Half an answer was sent: the connection is cut.
      if (happens(0.02)) throw new Refusal(500, "cut");
    },
  });
  return {
    ...model,
    calm: () => {
      isCalm = true;
    },
    faults: () => faults,
  };
}
