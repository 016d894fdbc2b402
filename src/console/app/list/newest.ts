/** Rows of a list, the newest first, and where the next page begins. */
export type Loaded<T> = { rows: T[]; nextCursor: string | null };

/**
 * The list after its newest page was read again: what that page covers is as it says, what was loaded behind it stays. Ids
 * are in the order of time.
 */
export function withNewest<T extends { id: string }>(loaded: Loaded<T>, page: Loaded<T>): Loaded<T> {
  const { rows, nextCursor } = page;
  const last = rows.at(-1);
  if (nextCursor === null || !last) return page;
  const older = loaded.rows.filter(({ id }) => id < last.id);
  return { rows: [...rows, ...older], nextCursor: older.length > 0 ? loaded.nextCursor : nextCursor };
}

/** The list with the page behind it. */
export function withOlder<T extends { id: string }>({ rows }: Loaded<T>, page: Loaded<T>): Loaded<T> {
  const ids = new Set(rows.map(({ id }) => id));
  return { rows: [...rows, ...page.rows.filter(({ id }) => !ids.has(id))], nextCursor: page.nextCursor };
}
