import { readFile } from "node:fs/promises";
import { jobTypes } from "../jobs/index.ts";
import { runCommand } from "../src/command/command.ts";
import { readAction } from "../src/command/flags.ts";
import type { Db } from "../src/db/client.ts";
import { withMigratedDatabase } from "../src/db/reach.ts";
import { RequestError, StartError } from "../src/errors.ts";
import { createCatalogue } from "../src/generation/job/catalogue.ts";
import { createSchedule } from "../src/http/api/specs/schedules.ts";
import { parse } from "../src/http/problems.ts";
import { onClockOf, problemOfTimeZone } from "../src/schedules/occurrences.ts";
import type { ScheduleOrder } from "../src/schedules/order.ts";
import { createSchedules, type ListedSchedule, listSchedules } from "../src/schedules/schedules.ts";
import { readConfig } from "../src/settings/config.ts";

const previewed = 5;
const flagOf: Record<string, string> = { timeZone: "time-zone", maxCostUsd: "max-cost" };

await runCommand(async () => {
  try {
    const order = await readArguments();
    process.stdout.write(await withMigratedDatabase(readConfig(), (db) => carryOut(db, order)));
  } catch (error) {
    throw error instanceof RequestError ? new StartError(inWords(error)) : error;
  }
});

type Order =
  | { action: "list"; tenant: string | undefined }
  | { action: "add"; tenant: string; schedule: ScheduleOrder }
  | { action: "next" | "pause" | "resume" | "remove"; id: string };

async function carryOut(db: Db, order: Order): Promise<string> {
  const schedules = createSchedules({ catalogue: createCatalogue(jobTypes), db });
  if (order.action === "add") return lineOf(await schedules.create(order.tenant, order.schedule));
  if (order.action === "list") {
    const listed = await listSchedules(db, order.tenant);
    return listed.length === 0 ? "There are no schedules.\n" : listed.map(lineOf).join("");
  }
  const { action, id } = order;
  const tenant = (await listSchedules(db)).find((one) => one.id === id)?.tenant;
  if (tenant === undefined) throw new StartError(`There is no schedule ${id}.`);
  if (action === "next") {
    const { schedule, occurrences } = await schedules.next(tenant, id, previewed);
    return occurrences.map((at) => `${onClockOf(schedule.timeZone)(at)}\n`).join("");
  }
  if (action !== "remove") return lineOf(await schedules.change(tenant, id, { paused: action === "pause" }));
  await schedules.remove(tenant, id);
  return `Removed ${id}.\n`;
}

function lineOf(schedule: ListedSchedule): string {
  const { id, tenant, type, cron, timeZone, nextRunAt, lastRunAt, lastJobId, missedCount, lastError } = schedule;
  const local = onClockOf(problemOfTimeZone(timeZone) === null ? timeZone : "UTC");
  const parts = [
    `${id}: ${tenant}, ${type} at "${cron}" ${timeZone}`,
    nextRunAt === null ? "paused" : `next ${local(nextRunAt)}`,
    lastRunAt === null ? "never run" : `last ${local(lastRunAt)} as ${lastJobId}`,
    ...(missedCount > 0 ? [`${missedCount} missed`] : []),
    ...(lastError === null ? [] : [`refused ${local(new Date(lastError.occurrence))}: ${lastError.detail}`]),
  ];
  return `${parts.join(", ")}\n`;
}

async function readArguments(): Promise<Order> {
  const { words, flags } = readAction({
    name: "npm run schedules",
    does: "Runs job types on a cron: a worker submits a job with the stored input at each of its times.",
    actions: {
      list: "shows all schedules, or those of --tenant",
      add: "makes one of --type, --input and --cron",
      "next ID": `shows when it comes the next ${previewed} times`,
      "pause ID": "submits nothing until it is resumed",
      "resume ID": "goes on with what comes next",
      "remove ID": "removes it; its jobs stay",
    },
    flags: {
      tenant: { type: "string", help: "whose it is; for add local if left out" },
      type: { type: "string", help: "a job type" },
      input: { type: "string", help: "of each job: JSON, or @file.json" },
      cron: { type: "string", help: 'minute hour day month weekday, like "30 6 * * MON-FRI"' },
      "time-zone": { type: "string", help: "like Europe/Berlin; UTC if left out" },
      missed: { type: "string", help: "once or skip what no worker could run in time; once if left out" },
      "max-cost": { type: "string", help: "of each job, dollars like 0.50" },
      tags: { type: "string", help: "of each job, a,b" },
      paused: { type: "boolean", help: "makes it paused" },
    },
  });
  const [action, id = ""] = words as [Order["action"], string?];
  const { tenant, paused, ...ofAdd } = flags;
  if (action !== "add" && (paused || Object.values(ofAdd).some((value) => value !== undefined)))
    throw new StartError("Only add takes more than --tenant.");
  if (action === "list") return { action, tenant };
  if (action !== "add" && tenant !== undefined) throw new StartError("--tenant goes with list and add.");
  if (action !== "add") return { action, id };
  if (ofAdd.type === undefined || ofAdd.input === undefined || ofAdd.cron === undefined)
    throw new StartError("add needs --type, --input and --cron.");
  const schedule = parse(createSchedule.body, {
    type: ofAdd.type,
    input: await readInput(ofAdd.input),
    cron: ofAdd.cron,
    timeZone: ofAdd["time-zone"],
    missed: ofAdd.missed,
    maxCostUsd: ofAdd["max-cost"],
    tags: ofAdd.tags?.split(","),
    paused,
  });
  return { action, tenant: tenant ?? "local", schedule };
}

async function readInput(given: string): Promise<unknown> {
  const file = given.startsWith("@") ? given.slice(1) : null;
  try {
    return JSON.parse(file === null ? given : await readFile(file, "utf8"));
  } catch (error) {
    throw new StartError(`--input takes JSON, or @ and the name of a file with it: ${(error as Error).message}`);
  }
}

/** A line for each thing that is wrong, by the flag that gave it. */
function inWords({ message, issues }: RequestError): string {
  const lines = issues.map(({ pointer, message }) => {
    const [, field = "", ...place] = pointer.split("/");
    return [`--${flagOf[field] ?? field}`, ...(place.length > 0 ? [`/${place.join("/")}`] : [])]
      .join(" ")
      .concat(`: ${message}`);
  });
  return lines.length > 0 ? lines.join("\n") : message;
}
