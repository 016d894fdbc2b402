import type { Given, Job } from "galley/client";
import { type Pages, usePages } from "../list/use-pages.ts";
import { client } from "../state/session.ts";
import { haveInputs, withInputs } from "./inputs.ts";

type Filter = Omit<NonNullable<Given<"listJobs">["query"]>, "limit" | "cursor" | "include">;

export type Jobs = Pages<Job>;

/** The jobs that fit a filter. */
export function useJobs(filter: Filter): Jobs {
  return usePages<Job>(async (query, known, signal) => {
    const read = async (include?: "input") =>
      await client.peek().list({ ...filter, ...query, include }, { signal });
    // Inputs may be large, and never change: they are read once, for the titles.
    const isKnown = known.length > 0 && query.cursor === undefined;
    const page = isKnown ? await read() : null;
    const data = page && withInputs(known, page.data);
    return page && data && haveInputs(data) ? { ...page, data } : await read("input");
  }, JSON.stringify(filter));
}
