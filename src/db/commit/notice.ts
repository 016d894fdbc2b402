import { z } from "zod";
import { statement } from "./statement.ts";

/** What all processes must hear of a transaction. In each of them `receiveNotices` passes it on. */
export type Notice = {
  /** Queues that have something to do now, and how much. */
  wake: Record<string, number>;
  /** Queue jobs whose running attempt must stop. */
  cancel: string[];
  /** Jobs that have new events, and the number of the latest. */
  events: Record<string, number>;
  /** Tenants that may have another job under way, for this process alone. */
  freed: Set<string>;
  /**
   * Jobs whose children have ended or spent something, and jobs that are over before their children: for this process alone.
   */
  families: { spent: Set<string>; over: Set<string> };
  /** Whether there may be webhooks to queue, for this process alone. */
  deliveries: boolean;
};

export const emptyNotice = (): Notice => ({
  wake: {},
  cancel: [],
  events: {},
  freed: new Set(),
  families: { spent: new Set(), over: new Set() },
  deliveries: false,
});

export const isEmpty = ({ wake, cancel, events }: Notice): boolean =>
  Object.keys(wake).length + cancel.length + Object.keys(events).length === 0;

/** Adds the second to the first. */
export function mergeNotice(
  to: Notice,
  { wake, cancel, events }: Pick<Notice, "wake" | "cancel" | "events">,
): void {
  for (const [queue, count] of Object.entries(wake)) to.wake[queue] = count + (to.wake[queue] ?? 0);
  to.cancel.push(...cancel);
  for (const [jobId, id] of Object.entries(events)) to.events[jobId] = Math.max(id, to.events[jobId] ?? 0);
}

/** Sends texts ($2) over a channel ($1). */
export const notify = statement("select pg_notify($1, payload) from unnest($2::text[]) as payload");

// PostgreSQL takes less than 8,000 bytes. A cancel has 39 of them, an event 45 at most, a queue 92.
const mostPerPayload = 80;

/** The notice as texts that fit into notifications. `from` names the process that has heard it already. */
export function payloads({ wake, cancel, events }: Notice, from = ""): string[] {
  const parts: Part[] = [
    ...Object.entries(wake).map(([queue, count]): Part => ["wake", queue, count]),
    ...cancel.map((queueJobId): Part => ["cancel", queueJobId, 0]),
    ...Object.entries(events).map(([jobId, id]): Part => ["events", jobId, id]),
  ];
  const texts: string[] = [];
  for (let at = 0; at < parts.length; at += mostPerPayload) {
    const notice = emptyNotice();
    for (const [kind, name, number] of parts.slice(at, at + mostPerPayload)) {
      if (kind === "cancel") notice.cancel.push(name);
      else notice[kind][name] = number;
    }
    const { freed, families, deliveries, ...told } = notice;
    texts.push(JSON.stringify({ from, ...told }));
  }
  return texts;
}

type Part = ["wake" | "cancel" | "events", string, number];

const Payload = z.object({
  from: z.string(),
  wake: z.record(z.string(), z.number()),
  cancel: z.array(z.string()),
  events: z.record(z.string(), z.number()),
});

/** A notification's text as a notice. Null for what is none of ours. */
export function parsePayload(text: string): ({ from: string } & Notice) | null {
  try {
    return { ...emptyNotice(), ...Payload.parse(JSON.parse(text)) };
  } catch {
    return null;
  }
}
