import type { ComponentChildren } from "preact";
import { Loading, Problem } from "../parts/notice.tsx";
import type { Pages } from "./use-pages.ts";

type Props<T> = {
  pages: Pages<T>;
  /** What the rows are: Jobs. */
  name: string;
  /** What stands in a row, as it is seen above the list. */
  columns: readonly string[];
  row(one: T): ComponentChildren;
  /** What stands there if there are none. */
  empty: ComponentChildren;
};

/** A list in rows, and a button for older ones. */
export function PageList<T extends { id: string }>({ pages, name, columns, row, empty }: Props<T>) {
  const { list, error, isLoading, isLoadingMore, loadMore, reload } = pages;
  const problem = error && <Problem error={error} onRetry={reload} />;
  if (!list) return problem ?? <Loading what={name.toLowerCase()} lines={6} />;
  return (
    <section aria-label={name} aria-busy={isLoading}>
      {problem}
      {list.rows.length > 0 && (
        <>
          <div class="row columns" aria-hidden="true">
            {columns.map((column, index) => (
              <span key={column} class={index < 2 ? undefined : "number"}>
                {column}
              </span>
            ))}
          </div>
          <ul class="rows">{list.rows.map(row)}</ul>
        </>
      )}
      {list.rows.length === 0 && !isLoading && empty}
      {list.nextCursor !== null && (
        <button type="button" class="button more" onClick={loadMore} disabled={isLoadingMore}>
          {isLoadingMore ? "Loading…" : "Load more"}
        </button>
      )}
    </section>
  );
}
