import { shortestOffsetMilliseconds } from "../job/clock.ts";

export type Wakeups = {
  /** Pulls now, or once more after the pull that is under way. */
  wake(): void;
  /** Pulls now with this probability, else within a tenth of a second, once for all that come until then. */
  wakePerhaps(probability: number): void;
  /** Pulls at that moment, and once more when every clock that may say so shows it. */
  wakeAt(time: Date): void;
  /** Pulls no more. Resolves when the last pull is over. */
  stop(): Promise<void>;
};

const soonMilliseconds = 100;
// A timer may ring a millisecond before its time, and then nothing is due yet.
const lateMilliseconds = 2;
// Further ahead the poll finds it as well.
const timerHorizonMilliseconds = 60_000;

/** Runs `pull` when woken and after each `pollSeconds`, never twice at the same time. */
export function createWakeups(
  pull: () => Promise<void>,
  options: { pollSeconds: () => number; onError: (error: unknown) => void },
): Wakeups {
  let current: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  const timers = new Set<NodeJS.Timeout>();
  let soon: NodeJS.Timeout | undefined;
  let poll = pollLater();

  function wake(): void {
    again = true;
    if (!stopped) current ??= pullUntilQuiet();
  }

  function wakeIn(milliseconds: number): void {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      wake();
    }, milliseconds);
    timers.add(timer);
  }

  function pollLater(): NodeJS.Timeout {
    return setTimeout(() => {
      poll = pollLater();
      wake();
    }, options.pollSeconds() * 1000);
  }

  async function pullUntilQuiet(): Promise<void> {
    while (again && !stopped) {
      again = false;
      await pull().catch(options.onError);
    }
    current = null;
  }

  return {
    wake,
    wakePerhaps(probability) {
      if (Math.random() < probability) return wake();
      soon ??= setTimeout(() => {
        soon = undefined;
        wake();
      }, soonMilliseconds);
    },
    wakeAt(time) {
      const milliseconds = time.getTime() - Date.now();
      if (milliseconds > timerHorizonMilliseconds) return;
      wakeIn(Math.max(0, milliseconds) + lateMilliseconds);
      // The database's clock may be behind by what counts as no difference.
      wakeIn(Math.max(0, milliseconds) + shortestOffsetMilliseconds);
    },
    async stop() {
      stopped = true;
      clearTimeout(poll);
      clearTimeout(soon);
      for (const timer of timers) clearTimeout(timer);
      await current;
    },
  };
}
