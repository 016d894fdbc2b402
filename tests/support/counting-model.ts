import { priceFile } from "../../src/author/testing/scripted-server.ts";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";

export type CountingModel = DemoModel & {
  /** Settings that make Galley use it. */
  env: Record<string, string>;
  /** How many requests came for a job's step. */
  requests(jobId: string, step: string): number;
  /** Does this at the next request for a job's step, which then is never answered. */
  holdNext(jobId: string, step: string, then: () => void): void;
};

/** The demo model at a price, over HTTP. Counts requests by the first line of their prompt. */
export async function startCountingModel(): Promise<CountingModel> {
  const counts = new Map<string, number>();
  const held = new Map<string, () => void>();
  const demo = await startDemoModel({
    async onRequest({ user }) {
      const [line = ""] = user.split("\n", 1);
      counts.set(line, (counts.get(line) ?? 0) + 1);
      const then = held.get(line);
      if (!then) return;
      held.delete(line);
      then();
      await new Promise(() => undefined);
    },
  });
  return {
    ...demo,
    env: { OPENAI_BASE_URL: demo.baseURL, OPENAI_MODEL: "demo-1", PRICES_FILE: priceFile },
    holdNext: (jobId, step, then) => void held.set(`${jobId} ${step}`, then),
    requests: (jobId, step) => counts.get(`${jobId} ${step}`) ?? 0,
  };
}
