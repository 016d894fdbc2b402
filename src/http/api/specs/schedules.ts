import { z } from "zod";
import { Usd } from "../../../usd.ts";
import { route } from "../route.ts";
import { MissedPolicy, Occurrence, Schedule } from "../schemas/schedule.ts";

const Identified = z.object({ id: z.string().meta({ description: "The id of a schedule" }) });

const Type = z.string().min(1).max(40);
const CronText = z.string().max(200).meta({
  description:
    "Minute, hour, day of the month, month and day of the week. What names hours follows the clock on the wall: a time that a day does not have comes at the end of the gap, and one that it has twice comes once",
  example: "30 6 * * MON-FRI",
});
const TimeZone = z
  .string()
  .max(100)
  .meta({ description: "By its name in the IANA database", example: "Europe/Berlin" });
const Priority = z.int().min(-100).max(100);
const Tags = z.array(z.string().min(1).max(100)).max(20);

export const createSchedule = route({
  id: "createSchedule",
  method: "post",
  path: "/v1/schedules",
  tag: "schedules",
  summary: "Run a job type on a cron",
  description:
    "Each occurrence submits a job with this input, exactly once. The input is checked now and with each submission. A tenant may have 100.",
  body: z.strictObject({
    type: Type,
    input: z.unknown(),
    cron: CronText,
    timeZone: TimeZone.default("UTC"),
    missed: MissedPolicy.default("once"),
    paused: z.boolean().default(false),
    priority: Priority.default(0),
    maxCostUsd: Usd.nullable().default(null).meta({ description: "Of each job" }),
    tags: Tags.default([]),
  }),
  answers: { 201: { description: "The schedule", schema: Schedule, headers: ["Location"] } },
  problems: ["unknown_type"],
});

export const listSchedules = route({
  id: "listSchedules",
  method: "get",
  path: "/v1/schedules",
  tag: "schedules",
  summary: "List schedules, the oldest first",
  answers: { 200: { description: "All schedules", schema: z.object({ data: z.array(Schedule) }) } },
  problems: [],
});

export const getSchedule = route({
  id: "getSchedule",
  method: "get",
  path: "/v1/schedules/{id}",
  tag: "schedules",
  summary: "Read a schedule",
  params: Identified,
  answers: { 200: { description: "The schedule", schema: Schedule } },
  problems: ["not_found"],
});

export const changeSchedule = route({
  id: "changeSchedule",
  method: "patch",
  path: "/v1/schedules/{id}",
  tag: "schedules",
  summary: "Change, pause or resume a schedule",
  description:
    "What is left out stays as it is. Occurrences that pass while it is paused are not missed: it goes on with the next one. What is due when its times are changed is submitted all the same.",
  params: Identified,
  body: z
    .strictObject({
      type: Type.optional(),
      input: z.unknown().optional().meta({ description: "Of its type" }),
      cron: CronText.optional(),
      timeZone: TimeZone.optional(),
      missed: MissedPolicy.optional(),
      paused: z.boolean().optional(),
      priority: Priority.optional(),
      maxCostUsd: Usd.nullable().optional(),
      tags: Tags.optional(),
    })
    .meta({ id: "ScheduleChange" }),
  answers: { 200: { description: "The schedule", schema: Schedule } },
  problems: ["not_found", "unknown_type", "conflict"],
});

export const deleteSchedule = route({
  id: "deleteSchedule",
  method: "delete",
  path: "/v1/schedules/{id}",
  tag: "schedules",
  summary: "Delete a schedule",
  description: "Its jobs stay.",
  params: Identified,
  answers: { 204: { description: "It submits nothing more" } },
  problems: ["not_found"],
});

export const previewSchedule = route({
  id: "previewSchedule",
  method: "get",
  path: "/v1/schedules/{id}/next",
  tag: "schedules",
  summary: "Preview a schedule",
  description: "When it comes next, of a paused one too.",
  params: Identified,
  query: z.strictObject({ count: z.coerce.number().int().min(1).max(100).default(10) }),
  answers: {
    200: { description: "The next occurrences", schema: z.object({ data: z.array(Occurrence) }) },
  },
  problems: ["not_found", "conflict"],
});
