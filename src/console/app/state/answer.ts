import { GalleyError } from "galley/client";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { client } from "./session.ts";

export type Answered<T> = {
  /** The latest answer. While another question is asked it is still that of the one before. */
  value: T | undefined;
  /** Why the latest question was not answered. */
  error: GalleyError | null;
  /** Whether `value` is not yet the answer to what is asked now. */
  isLoading: boolean;
  /** Asks once more, now. */
  reload(): void;
};

type State<T> = { value: T | undefined; error: GalleyError | null; of: string | null };

/**
 * Asks the service when the page is shown, when `what` (all that `ask` depends on) changes, and then every
 * `everySeconds` while the tab can be seen. What was asked before is aborted.
 */
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  what: readonly (string | number)[],
  everySeconds: number | null = null,
): Answered<T> {
  const of = JSON.stringify(what);
  const [state, setState] = useState<State<T>>({ value: undefined, error: null, of: null });
  const asking = useRef(ask);
  asking.current = ask;
  const again = useRef(() => {});
  const asker = client.value;

  // Another key or another question starts anew.
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    let isAskedAgain = false;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (isAsking) {
        isAskedAgain = true;
        return;
      }
      isAsking = true;
      isAskedAgain = false;
      try {
        const value = await asking.current(stop.signal);
        if (!stop.signal.aborted) setState({ value, error: null, of });
      } catch (error) {
        if (!stop.signal.aborted) setState((before) => ({ ...before, error: asGalleyError(error), of }));
      }
      isAsking = false;
      if (stop.signal.aborted) return;
      if (isAskedAgain) void look();
      else if (everySeconds !== null && !document.hidden)
        timer = setTimeout(() => void look(), everySeconds * 1000);
    };
    const onVisible = () => {
      if (!document.hidden && everySeconds !== null) void look();
    };
    again.current = () => void look();
    document.addEventListener("visibilitychange", onVisible);
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [of, asker, everySeconds]);

  const reload = useCallback(() => again.current(), []);
  const { value, error } = state;
  return { value, error: state.of === of ? error : null, isLoading: state.of !== of, reload };
}

/** Any error as one of the service's: what is not one is a mistake of the console's. */
export function asGalleyError(cause: unknown): GalleyError {
  if (cause instanceof GalleyError) return cause;
  return new GalleyError({ code: "unexpected", status: 0, detail: String(cause), cause });
}
