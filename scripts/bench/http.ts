import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent } from "node:http";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { requestsPerSecond, send } from "./support/load.ts";
import { type Contender, medians } from "./support/rounds.ts";

const seconds = 3;
// Each is asked for in turn, so that requests at the same moment are for different jobs.
const jobsRead = 500;
const submission = JSON.stringify({ type: "noop", input: {} });

/** Requests a second at 32 connections: submitting and reading, beside Express that does only what it must. */
export async function httpRates(url: string, rounds: number): Promise<Record<string, number>> {
  const [galley, bareSend, bareSelect] = [start("galley", url), start("send", url), start("select", url)];
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    const [api, sender, reader] = [await galley.address, await bareSend.address, await bareSelect.address];
    const submitted = async () =>
      Number((await pool.query("select count(*) as count from generation_jobs")).rows[0].count);
    const agent = new Agent({ keepAlive: true });
    const ids: string[] = [];
    while (ids.length < jobsRead) {
      const { text } = await send(agent, `${api}/v1/jobs`, submission);
      ids.push((JSON.parse(text) as { id: string }).id);
    }
    agent.destroy();
    let next = 0;
    const nextId = () => ids[next++ % ids.length];
    const contenders: Contender[] = [
      {
        name: "POST /v1/jobs",
        async run() {
          const before = await submitted();
          const { perSecond, count } = await requestsPerSecond(
            seconds,
            (agent) => send(agent, `${api}/v1/jobs`, submission),
            202,
          );
          const written = (await submitted()) - before;
          if (written !== count) throw new Error(`${written} jobs were written for ${count} requests.`);
          return perSecond;
        },
      },
      {
        name: "Express with boss.send",
        run: async () =>
          (await requestsPerSecond(seconds, (agent) => send(agent, sender, submission), 202)).perSecond,
      },
      {
        name: "GET /v1/jobs/:id",
        run: async () =>
          (await requestsPerSecond(seconds, (agent) => send(agent, `${api}/v1/jobs/${nextId()}`), 200)).perSecond,
      },
      {
        name: "Express with one select",
        run: async () =>
          (await requestsPerSecond(seconds, (agent) => send(agent, `${reader}/${nextId()}`), 200)).perSecond,
      },
    ];
    return await medians(contenders, rounds);
  } finally {
    for (const { end } of [galley, bareSend, bareSelect]) await end();
    await pool.end();
  }
}

const file = fileURLToPath(new URL("./support/server.ts", import.meta.url));

function start(kind: string, url: string): { address: Promise<string>; end(): Promise<void> } {
  const child = spawn(process.execPath, ["--no-warnings", file, kind, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = once(child.stdout, "data").then(([line]) => String(line).trim());
  return {
    address,
    async end() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
