import { expect, test } from "@jest/globals";
import pg from "pg";
import { pino } from "pino";
import { createOutages, describeOutage } from "../../src/db/outages.ts";

function logged() {
  const lines: { event: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

function serverError(code: string, message: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, 0, "error"), { code });
}

test("an outage is one line of the log, with the server's words and what to do, and its end another", () => {
  const { log, lines } = logged();
  const outages = createOutages(log);
  const full = serverError("53300", 'too many connections for role "app"');
  for (let times = 0; times < 5; times++) outages.report(new Error("wrapped", { cause: full }));
  expect(lines).toMatchObject([
    {
      event: "database_unavailable",
      code: "53300",
      reason: 'too many connections for role "app"',
      advice: "Raise the limit of the role or server, or lower DATABASE_POOL_SIZE.",
    },
  ]);
  expect(outages.current()).toMatchObject({ code: "53300" });
  outages.over();
  outages.over();
  expect(lines.map(({ event }) => event)).toEqual(["database_unavailable", "database_back"]);
  expect(outages.current()).toBeNull();
});

test("what is wrong with a statement is no outage", () => {
  const { log, lines } = logged();
  const outages = createOutages(log);
  outages.report(serverError("23505", "duplicate key"));
  outages.report(serverError("57014", "canceling statement due to user request"));
  outages.report(new Error("Query failed"));
  expect([lines, outages.current()]).toEqual([[], null]);
});

test.each([
  [
    Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" }),
    "ECONNREFUSED",
    "cannot be reached",
  ],
  [new Error("Query read timeout"), "timeout", "does not answer in time"],
  [serverError("57P03", "the database system is starting up"), "57P03", "shutting down or starting up"],
])("%s is told for what it is", (error, code, reason) => {
  expect(describeOutage(error)).toMatchObject({ code, reason: expect.stringContaining(reason) });
});
