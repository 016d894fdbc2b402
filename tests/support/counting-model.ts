import { type DemoModel, startDemoModel } from "../../src/model/demo/server.ts";
import { type Price, prices } from "../../src/model/prices.ts";

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
  putPriceOnLoopback();
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
    env: { OPENAI_BASE_URL: demo.baseURL, OPENAI_MODEL: modelName },
    holdNext: (jobId, step, then) => void held.set(`${jobId} ${step}`, then),
    requests: (jobId, step) => counts.get(`${jobId} ${step}`) ?? 0,
  };
}

const modelName = "demo-1";

/** Without a price every sum in the ledger would be null, and equal to any other. */
export function putPriceOnLoopback(): void {
  const provider = "127.0.0.1";
  if (prices.some((price) => price.provider === provider)) return;
  const price = { provider, model: modelName, from: "2026-01-01", input: "1", cachedInput: "0.1", output: "4" };
  (prices as Price[]).push({ ...price, cacheWrite: null, source: "invented for tests" });
}
