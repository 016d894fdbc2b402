import type { GalleyError } from "galley/client";
import type { ComponentChildren } from "preact";
import { PageTitle } from "./page-title.tsx";

/** Why something could not be shown, and what can be done. */
export function Problem({ error, onRetry }: { error: GalleyError; onRetry?: () => void }) {
  const isAway = error.status === 0 || error.status >= 500;
  return (
    <div class="notice bad" role="alert">
      <p class="notice-title">{isAway ? "The service does not answer" : "This did not work"}</p>
      <p>{isAway ? awayWords(onRetry !== undefined) : error.detail}</p>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          Ask again
        </button>
      )}
    </div>
  );
}

const awayWords = (isAsked: boolean): string =>
  isAsked ? "It is asked again by itself. What is shown until then may be old." : "Try again in a moment.";

/** Stands in place of a page whose thing could not be read. */
export const NotShown = (props: Required<Parameters<typeof Problem>[0]>) => (
  <>
    <PageTitle>This cannot be shown now</PageTitle>
    <Problem {...props} />
  </>
);

/** Says that there is nothing, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Stands where something will be, without moving when it comes. */
export function Loading({ what, lines = 3 }: { what: string; lines?: number }) {
  return (
    <div class="loading" role="status">
      <span class="hidden">Loading {what}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="skeleton" />
      ))}
    </div>
  );
}
