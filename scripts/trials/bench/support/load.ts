import { Agent, request } from "node:http";

const connections = 32;

type Answer = { status: number; text: string };

/** Requests a second over 32 kept connections, each with one request under way, for so many seconds. */
export async function requestsPerSecond(
  seconds: number,
  ask: (agent: Agent) => Promise<Answer>,
  expected: number,
): Promise<{ perSecond: number; count: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const until = performance.now() + seconds * 1000;
  let count = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        const { status, text } = await ask(agent);
        if (status !== expected) throw new Error(`Answered with ${status}: ${text.slice(0, 200)}`);
        count++;
      }
    }),
  );
  agent.destroy();
  return { perSecond: count / seconds, count };
}

/** One request over the agent. `body`: sent as JSON; `key`: an API key. */
export function send(agent: Agent, url: string, body?: string, key?: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = {
    ...(body !== undefined && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }),
    ...(key !== undefined && { Authorization: `Bearer ${key}` }),
  };
  const sent = request(url, { agent, method: body === undefined ? "GET" : "POST", headers }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
  });
  sent.once("error", reject);
  sent.end(body);
  return promise;
}
