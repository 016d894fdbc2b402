import { expect } from "@jest/globals";
import { article } from "../../../jobs/article/index.ts";
import { startTestGalley, type TestGalley } from "../../support/galley.ts";
import { relay } from "../../support/types.ts";
import { type Answer, exchange, expectClean } from "./answers.ts";
import { type ValidRequest, validRequests } from "./requests.ts";

/** `headers`: lines, each with its end, as Latin-1. */
export type Sent = { method: string; target: string; body?: string | undefined; headers?: string };

/** One hostile request. `place`: what of it is hostile. `isTrue`: expects that what it gave was taken as it is. */
export type Hostile = Sent & { place: string; isTrue?: (answer: Answer) => void };

/** A service, and what sends to it byte by byte: no client sends such things. */
export type Target = {
  galley: TestGalley;
  /** Of every route, each with its body. */
  requests: (ValidRequest & Sent)[];
  send(request: Sent): Promise<Answer>;
  /** Sends all of them, and gives what was not answered as it has to be. */
  failuresOf(hostile: Hostile[]): Promise<string[]>;
  /** Expects that the service goes on. */
  expectAlive(): Promise<void>;
};

const atOnce = 8;

export async function startTarget(): Promise<Target> {
  const galley = await startTestGalley({ jobTypes: [relay(), article], env: { ROLES: "api" } });
  const requests = (await validRequests(galley)).map((one) => ({
    ...one,
    method: one.route.method.toUpperCase(),
    target: targetOf(one.path),
    body: one.shape && JSON.stringify(one.shape),
  }));

  async function send({ method, target, body, headers = "" }: Sent): Promise<Answer> {
    const about =
      body === undefined ? "" : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    const head = `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${about}${headers}\r\n`;
    const answers = await exchange(
      galley.url,
      Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")]),
    );
    expect(answers).toHaveLength(1);
    return answers[0] as Answer;
  }

  return {
    galley,
    requests,
    send,
    async failuresOf(hostile) {
      const failures: string[] = [];
      const left = hostile.values();
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (const { place, isTrue, ...one } of left) {
            try {
              const answer = await send(one);
              expectClean(answer);
              if (answer.status < 300) isTrue?.(answer);
            } catch (error) {
              failures.push(`${one.method} ${one.target.slice(0, 200)}: ${place.slice(0, 200)}: ${String(error)}`);
            }
          }
        }),
      );
      return failures;
    },
    async expectAlive() {
      // A tenant may have twenty.
      await galley.test.query("delete from webhook_endpoints where url like 'https://shop.example/%'");
      const body = JSON.stringify({ type: "relay", input: { text: "go" } });
      const [ready, submitted] = await Promise.all([
        send({ method: "GET", target: "/readyz" }),
        send({ method: "POST", target: "/v1/jobs", body }),
      ]);
      expect([ready.status, submitted.status]).toEqual([200, 202]);
    },
  };
}

/** The address of a path. */
export const targetOf = (path: ValidRequest["path"]): string => `/${path.map(({ text }) => text).join("/")}`;
