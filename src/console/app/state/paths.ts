/** The console's own addresses, in Express's notation. The service gives the same page at each of them. */
export const paths = {
  jobs: "/",
  job: "/jobs/:id",
  new: "/new",
  batches: "/batches",
  batch: "/batches/:id",
  schedules: "/schedules",
  newSchedule: "/schedules/new",
  schedule: "/schedules/:id",
  shops: "/shops",
  statistics: "/statistics",
  health: "/health",
  access: "/access",
} as const;

export type Place = keyof typeof paths;

/** Which of the pages an address shows, and the id that it names. Null: none. */
export function placeOf(path: string): { place: Place; id: string } | null {
  for (const [place, template] of Object.entries(paths) as [Place, string][]) {
    const [prefix = "", isNamed] = template.split(":");
    if (isNamed === undefined && path === template) return { place, id: "" };
    const id = path.startsWith(prefix) ? path.slice(prefix.length) : "";
    if (isNamed !== undefined && /^[\w-]+$/.test(id)) return { place, id };
  }
  return null;
}

export const batchPath = (id: string): string => paths.batch.replace(":id", id);
export const schedulePath = (id: string): string => paths.schedule.replace(":id", id);
export const jobPath = (id: string): string => paths.job.replace(":id", id);
