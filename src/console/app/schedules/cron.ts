import { toString as describe } from "cronstrue";

/** A cron as a sentence without its stop: At 06:30, only on Monday. What is no cron stays as it is. */
export function cronWords(cron: string): string {
  try {
    return describe(cron, { use24HourTimeFormat: true });
  } catch {
    return cron;
  }
}
