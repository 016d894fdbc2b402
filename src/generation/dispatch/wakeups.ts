export type Wakeups = {
  /** Pulls now, or once more after the pull that is under way. */
  wake(): void;
  /** Pulls now with this probability, else within a tenth of a second, once for all that come until then. */
  wakePerhaps(probability: number): void;
  /** Pulls at that moment. */
  wakeAt(time: Date): void;
  /** Pulls no more. Resolves when the last pull is over. */
  stop(): Promise<void>;
};

const soonMilliseconds = 100;
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
      if (milliseconds > timerHorizonMilliseconds || stopped) return;
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          wake();
        },
        Math.max(0, milliseconds),
      );
      timers.add(timer);
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
