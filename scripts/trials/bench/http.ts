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

/** Requests a second at 32 connections: submitting and reading, without and with keys, beside Express that does only what it must. */
export async function httpRates(url: string, rounds: number): Promise<Record<string, number>> {
  const servers = ["galley", "keyed", "send", "select"].map((kind) => start(kind, url));
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    const [api = [], keyed = [], [sender = ""] = [], [reader = ""] = []] = await Promise.all(
      servers.map(({ told }) => told),
    );
    const open = await contendersOf(pool, "public", api);
    const withKey = await contendersOf(pool, "keyed", keyed);
    const nextId = turnsOf(open.ids);
    const contenders: Contender[] = [
      open.post,
      withKey.post,
      {
        name: "Express with boss.send",
        run: async () =>
          (await requestsPerSecond(seconds, (agent) => send(agent, sender, submission), 202)).perSecond,
      },
      open.get,
      withKey.get,
      {
        name: "Express with one select",
        run: async () =>
          (await requestsPerSecond(seconds, (agent) => send(agent, `${reader}/${nextId()}`), 200)).perSecond,
      },
    ];
    return await medians(contenders, rounds);
  } finally {
    for (const { end } of servers) await end();
    await pool.end();
  }
}

/** Submitting to the Galley in this schema, and reading of the jobs that it has got. */
async function contendersOf(pool: pg.Pool, schema: string, [address = "", key]: string[]) {
  const suffix = key === undefined ? "" : " with a key";
  const count = async () =>
    Number((await pool.query(`select count(*) as count from ${schema}.generation_jobs`)).rows[0].count);
  const agent = new Agent({ keepAlive: true });
  const ids: string[] = [];
  while (ids.length < jobsRead) {
    const { text } = await send(agent, `${address}/v1/jobs`, submission, key);
    ids.push((JSON.parse(text) as { id: string }).id);
  }
  agent.destroy();
  const nextId = turnsOf(ids);
  const post: Contender = {
    name: `POST /v1/jobs${suffix}`,
    async run() {
      const before = await count();
      const { perSecond, count: answered } = await requestsPerSecond(
        seconds,
        (agent) => send(agent, `${address}/v1/jobs`, submission, key),
        202,
      );
      const written = (await count()) - before;
      if (written !== answered) throw new Error(`${written} jobs were written for ${answered} requests.`);
      return perSecond;
    },
  };
  const get: Contender = {
    name: `GET /v1/jobs/:id${suffix}`,
    run: async () =>
      (
        await requestsPerSecond(
          seconds,
          (agent) => send(agent, `${address}/v1/jobs/${nextId()}`, undefined, key),
          200,
        )
      ).perSecond,
  };
  return { ids, post, get };
}

function turnsOf(ids: readonly string[]): () => string | undefined {
  let next = 0;
  return () => ids[next++ % ids.length];
}

const file = fileURLToPath(new URL("./support/server.ts", import.meta.url));

/** `told`: the words that the server prints, its address first. */
function start(kind: string, url: string): { told: Promise<string[]>; end(): Promise<void> } {
  const child = spawn(process.execPath, ["--no-warnings", file, kind, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told = once(child.stdout, "data").then(([line]) => String(line).trim().split(" "));
  return {
    told,
    async end() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
