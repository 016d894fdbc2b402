import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createLog } from "../../../src/log/log.ts";
import { startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { freePort } from "../free-port.ts";
import { percentiles } from "./support/percentiles.ts";
import { inParallel } from "./support/rounds.ts";
import { startSlowModel, streaming } from "./support/streaming.ts";
import { startWorkerProcess } from "./support/worker-process.ts";

const deltas = 30;

type Received = { milliseconds: number[]; ended: number };

/**
 * So many open streams on one API process, of `jobs` jobs that a worker beside it runs. Each event has the time at which its
 * transaction began, so what is measured is a little more than from the commit to the client.
 */
export async function streamFigures(url: string, streams: number, jobs: number): Promise<Record<string, number>> {
  const model = await startSlowModel(deltas);
  const shared = { DATABASE_URL: url, OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "slow" };
  const desk = await startGalley(readConfig({ ...shared, ROLES: "api", PORT: "0", RATE_LIMIT_PER_MINUTE: "0" }), {
    jobTypes: [streaming],
    log: createLog("silent"),
  });
  const port = await freePort();
  const api = await startWorkerProcess({
    ...shared,
    ROLES: "api",
    PORT: String(port),
    RATE_LIMIT_PER_MINUTE: "0",
  });
  const worker = await startWorkerProcess({ ...shared, PORT: "0", WORKER_CONCURRENCY: String(jobs) });
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  try {
    const ids: string[] = [];
    await inParallel(jobs, 50, async () => {
      ids.push((await desk.service.submit("local", { type: streaming.type, input: {} })).job.id);
    });
    const received: Received = { milliseconds: [], ended: 0 };
    for (let stream = 0; stream < streams; stream++) {
      follow(agent, `http://127.0.0.1:${port}/v1/jobs/${ids[stream % jobs]}/events`, received);
    }
    while (model.open() < jobs) await delay(20);
    await delay(5_000);
    await api.figures();
    received.milliseconds.length = 0;
    await delay(15_000);
    const measured = received.milliseconds.splice(0);
    const { rssMiB, loopP99Milliseconds } = await api.figures();
    for (const until = performance.now() + 60_000; received.ended < streams; ) {
      if (performance.now() > until) throw new Error(`${received.ended} of ${streams} streams came to their end.`);
      await delay(50);
    }
    const { p50, p95, p99 } = percentiles(measured);
    const name = `${streams} streams of ${jobs} jobs`;
    return {
      [`${name}, events a second to clients`]: measured.length / 15,
      [`${name}, written to client, p50 ms`]: p50,
      [`${name}, written to client, p95 ms`]: p95,
      [`${name}, written to client, p99 ms`]: p99,
      [`${name}, memory of the API, MiB`]: rssMiB,
      [`${name}, delay of its event loop, p99 ms`]: loopP99Milliseconds,
    };
  } finally {
    agent.destroy();
    await api.end();
    await worker.end();
    await desk.close();
    await model.close();
  }
}

/** Reads a stream to its end, and takes the time of each event. Its numbers must follow each other. */
function follow(agent: Agent, address: string, received: Received): void {
  const headers = { Accept: "text/event-stream" };
  const request = get(address, { agent, headers }, (response) => {
    let rest = "";
    let last = 0;
    response.setEncoding("utf8").on("data", (text: string) => {
      const frames = (rest + text).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const found = /^id: (\d+)\nevent: (\w+)\ndata: \{.*?"at":"([^"]+)"/.exec(frame);
        if (!found) continue;
        received.milliseconds.push(Date.now() - Date.parse(found[3] ?? ""));
        if (Number(found[1]) !== ++last) throw new Error(`After event ${last - 1} of ${address} came ${found[1]}.`);
        if (found[2] === "completed") received.ended++;
      }
    });
    response.on("error", () => undefined);
  });
  request.on("error", () => undefined);
}
