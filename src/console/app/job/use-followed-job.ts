import type { Event, GalleyError, Job } from "galley/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { isFinished } from "../parts/status.tsx";
import { asGalleyError, useAnswer } from "../state/answer.ts";
import { client } from "../state/session.ts";
import { useVisible } from "../state/visible.ts";

export type Followed = {
  job: Job | undefined;
  events: readonly Event[];
  error: GalleyError | null;
  /** Asks for the job once more, now. */
  reload(): void;
};

const everySeconds = 10;
// Pieces of text come four times a second for each step: they are shown together.
const gatherMs = 60;

/** A job and its events as they happen. One stream at most is open, and none while the tab is hidden. */
export function useFollowedJob(id: string): Followed {
  const answer = useAnswer((signal) => client.value.get(id, { signal }), [id], everySeconds);
  const { value: job, reload } = answer;
  const isLive = job === undefined || !isFinished(job);
  const { events, error } = useEvents(id, isLive, reload);
  return { job, events, error: answer.error ?? error, reload };
}

function useEvents(id: string, isLive: boolean, onChange: () => void) {
  const isVisible = useVisible();
  const came = useRef<Event[]>([]);
  const [events, setEvents] = useState<readonly Event[]>([]);
  const [error, setError] = useState<GalleyError | null>(null);
  const asker = client.value;

  // A job that was resumed is followed anew, behind what is known.
  useEffect(() => {
    if (!isVisible) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hasChanged = false;
    const show = () => {
      timer = undefined;
      setEvents([...came.current]);
      if (hasChanged) onChange();
      hasChanged = false;
    };
    const follow = async (): Promise<void> => {
      const after = came.current.at(-1)?.id ?? 0;
      for await (const event of asker.events(id, { after, signal: stop.signal })) {
        came.current.push(event);
        timer ??= setTimeout(show, gatherMs);
        hasChanged ||= event.type !== "text";
      }
    };
    follow().catch((cause: unknown) => {
      if (!stop.signal.aborted) setError(asGalleyError(cause));
    });
    return () => {
      stop.abort();
      if (timer !== undefined) {
        clearTimeout(timer);
        show();
      }
    };
  }, [id, asker, isLive, isVisible]);

  return { events, error };
}
