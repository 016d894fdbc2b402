import { connect, type Socket } from "node:net";
import { expect } from "@jest/globals";
import { requestErrors } from "../../../src/errors.ts";

/** What came back for one request. `body`: as Latin-1. */
export type Answer = { status: number; headers: Map<string, string>; body: string };

/** Opens a connection to the service. `answers` gives what has come, one by one, once it is closed. */
export function openRaw(url: string): { socket: Socket; answers(): Promise<Answer[]> } {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  const closed = new Promise<void>((resolve) => {
    // What is still sent to a connection that was closed is met with a reset.
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("end", () => socket.end());
    socket.once("close", () => resolve());
  });
  return { socket, answers: () => closed.then(() => answersIn(Buffer.concat(chunks).toString("latin1"))) };
}

/** Sends these bytes and gives all answers, in order, once the service has closed the connection. */
export async function exchange(url: string, bytes: string | Buffer): Promise<Answer[]> {
  const { socket, answers } = openRaw(url);
  socket.write(bytes);
  return await answers();
}

/** The answers in what a connection gave. Throws for what is none. An answer 100 is no answer. */
function answersIn(bytes: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = bytes; rest !== ""; ) {
    const [head = "", ...bodies] = rest.split("\r\n\r\n");
    const [first = "", ...lines] = head.split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3}) \S/.exec(first)?.[1]);
    if (!status) throw new Error(`This is no answer: ${JSON.stringify(rest.slice(0, 200))}`);
    const headers = new Map(lines.map((line) => splitOnce(line.toLowerCase(), ": ")));
    const [body, after] = bodyIn(bodies.join("\r\n\r\n"), headers);
    if (status !== 100) answers.push({ status, headers, body });
    rest = after;
  }
  return answers;
}

function bodyIn(rest: string, headers: Map<string, string>): [body: string, rest: string] {
  const length = Number(headers.get("content-length") ?? 0);
  if (headers.get("transfer-encoding") !== "chunked") return [rest.slice(0, length), rest.slice(length)];
  let body = "";
  for (let left = rest; ; ) {
    const [size, chunks] = splitOnce(left, "\r\n");
    const bytes = Number.parseInt(size, 16);
    if (!bytes) return [body, chunks.slice(2)];
    body += chunks.slice(0, bytes);
    left = chunks.slice(bytes + 2);
  }
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + by.length)];
}

const leaks =
  /\bat .+[.(][tj]s:\d+|node_modules|file:\/\/|\/src\/|\bselect\b.+\bfrom\b|\binsert into\b|syntax error|\bviolates\b|out of range for type|invalid input syntax|postgres(ql)?:\/\/|glly_[0-9a-f]|whsec_/i;

/**
 * Expects that a hostile request was answered as any other: taken, or refused with a problem of the catalogue. What
 * only the service may know is in neither.
 */
export function expectClean({ status, headers, body }: Answer): void {
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  expect(headers.get("x-request-id")).toMatch(/^[\w.:-]{1,128}$/);
  expect([...headers.keys()]).not.toContain("set-cookie");
  if (status < 400) return;
  expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(body).not.toMatch(leaks);
  // An answer to HEAD has no body.
  if (body === "") return;
  const problem = JSON.parse(Buffer.from(body, "latin1").toString());
  const { title } = requestErrors[problem.code as keyof typeof requestErrors] ?? {};
  expect(problem).toEqual({
    type: `urn:galley:problem:${problem.code}`,
    title,
    status: requestErrors[problem.code as keyof typeof requestErrors]?.status,
    detail: expect.stringMatching(/\S/),
    code: expect.any(String),
    ...(problem.errors && { errors: expect.any(Array) }),
  });
  expect(problem.status).toBe(status);
}
