import type { GalleyError } from "galley/client";
import { useEffect, useState } from "preact/hooks";
import { asGalleyError, useAnswer } from "../state/answer.ts";
import { type Loaded, withNewest, withOlder } from "./newest.ts";

const perPage = 25;
const mostAtOnce = 100;
const everySeconds = 3;

export type Pages<T> = {
  /** Undefined until the first page has come. */
  list: Loaded<T> | undefined;
  error: GalleyError | null;
  isLoading: boolean;
  isLoadingMore: boolean;
  loadMore(): void;
  reload(): void;
};

type Query = { limit: number; cursor?: string | undefined };

/** Reads a page. `known`: the rows that are shown; none at first, and for another filter. */
export type ReadPage<T> = (
  query: Query,
  known: readonly T[],
  signal?: AbortSignal,
) => Promise<{ data: T[]; nextCursor: string | null }>;

/** A list of the service, page by page, kept up to date as long as the tab can be seen. `of`: all that `readPage` depends on. */
export function usePages<T extends { id: string }>(readPage: ReadPage<T>, of = ""): Pages<T> {
  const [list, setList] = useState<{ of: string; loaded: Loaded<T> }>();
  const [more, setMore] = useState<{ isLoading: boolean; error: GalleyError | null }>(idle);
  const known = list?.of === of ? list.loaded : undefined;
  const rows = known?.rows ?? [];

  const read = async (query: Query, signal?: AbortSignal): Promise<Loaded<T>> => {
    const { data, nextCursor } = await readPage(query, rows, signal);
    return { rows: data, nextCursor };
  };

  const { value, error, isLoading, reload } = useAnswer(
    async (signal) => {
      const limit = Math.min(mostAtOnce, Math.max(perPage, rows.length));
      return { of, page: await read({ limit }, signal) };
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
      const page = await read({ limit: perPage, cursor: known.nextCursor });
      setList((before) => (before?.of === of ? { of, loaded: withOlder(before.loaded, page) } : before));
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

const merge = <T extends { id: string }>(
  before: { of: string; loaded: Loaded<T> } | undefined,
  { of, page }: { of: string; page: Loaded<T> },
): Loaded<T> => (before?.of === of ? withNewest(before.loaded, page) : page);
