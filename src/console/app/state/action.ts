import type { GalleyError } from "galley/client";
import { useState } from "preact/hooks";
import { asGalleyError } from "./answer.ts";

export type Action = {
  isBusy: boolean;
  /** Why the latest try was refused. */
  error: GalleyError | null;
  run(): void;
};

/** Does something once at a time when a person asks for it, and keeps why it was refused. */
export function useAction(act: () => Promise<void>): Action {
  const [{ isBusy, error }, setState] = useState<{ isBusy: boolean; error: GalleyError | null }>({
    isBusy: false,
    error: null,
  });
  const run = async (): Promise<void> => {
    if (isBusy) return;
    setState({ isBusy: true, error: null });
    try {
      await act();
      setState({ isBusy: false, error: null });
    } catch (cause) {
      setState({ isBusy: false, error: asGalleyError(cause) });
    }
  };
  return { isBusy, error, run: () => void run() };
}
