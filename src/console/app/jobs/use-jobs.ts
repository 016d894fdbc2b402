import type { GalleyError, Given, Job } from "galley/client";
import { useEffect, useState } from "preact/hooks";
import { asGalleyError, useAnswer } from "../state/answer.ts";
import { client } from "../state/session.ts";
import { haveInputs, type Loaded, withNewest } from "./newest.ts";

type Filter = Omit<NonNullable<Given<"listJobs">["query"]>, "limit" | "cursor" | "include">;

const perPage = 25;
const mostAtOnce = 100;
const everySeconds = 3;

export type Jobs = {
  /** Undefined until the first page has come. */
  list: Loaded<Job> | undefined;
  error: GalleyError | null;
  isLoading: boolean;
  isLoadingMore: boolean;
  loadMore(): void;
  reload(): void;
};

/** The jobs that fit a filter, kept up to date as long as the tab can be seen. */
export function useJobs(filter: Filter): Jobs {
  const of = JSON.stringify(filter);
  const [list, setList] = useState<{ of: string; loaded: Loaded<Job> }>();
  const [more, setMore] = useState<{ isLoading: boolean; error: GalleyError | null }>(idle);
  const known = list?.of === of ? list.loaded : undefined;

  const { value, error, isLoading, reload } = useAnswer(
    async (signal) => {
      const limit = Math.min(mostAtOnce, Math.max(perPage, known?.jobs.length ?? 0));
      // Inputs may be large, and never change: they are read once, for the titles.
      const page = known ? await readPage({ ...filter, limit }, signal) : null;
      const merged = page && known ? withNewest(known, page) : null;
      if (merged && haveInputs(merged.jobs)) return { of, page: merged };
      return { of, page: await readPage({ ...filter, limit, include: "input" }, signal) };
    },
    [of],
    everySeconds,
  );

  useEffect(() => {
    if (value) setList((before) => ({ of: value.of, loaded: merge(before, value) }));
  }, [value]);

  const loadMore = async (): Promise<void> => {
    if (!known?.nextCursor || more.isLoading) return;
    setMore({ isLoading: true, error: null });
    try {
      const page = await readPage({ ...filter, limit: perPage, cursor: known.nextCursor, include: "input" });
      setList((before) =>
        before?.of === of
          ? { of, loaded: { jobs: append(before.loaded.jobs, page.jobs), nextCursor: page.nextCursor } }
          : before,
      );
      setMore(idle);
    } catch (cause) {
      setMore({ isLoading: false, error: asGalleyError(cause) });
    }
  };

  return {
    list: list?.loaded,
    error: error ?? more.error,
    isLoading: isLoading || list?.of !== of,
    isLoadingMore: more.isLoading,
    loadMore: () => void loadMore(),
    reload,
  };
}

const idle = { isLoading: false, error: null };

async function readPage(
  query: NonNullable<Given<"listJobs">["query"]>,
  signal?: AbortSignal,
): Promise<Loaded<Job>> {
  const { data, nextCursor } = await client.peek().list(query, { signal });
  return { jobs: data, nextCursor };
}

const merge = (
  before: { of: string; loaded: Loaded<Job> } | undefined,
  { of, page }: { of: string; page: Loaded<Job> },
): Loaded<Job> => (before?.of === of ? withNewest(before.loaded, page) : page);

function append(jobs: readonly Job[], others: readonly Job[]): Job[] {
  const ids = new Set(jobs.map(({ id }) => id));
  return [...jobs, ...others.filter(({ id }) => !ids.has(id))];
}
