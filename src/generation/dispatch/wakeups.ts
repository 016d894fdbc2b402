export type Wakeups = {
  /** Pulls now, or once more after the pull that is under way. */
  wake(): void;
  /** Pulls at that moment. */
  wakeAt(time: Date): void;
  /** Pulls no more. Resolves when the last pull is over. */
  stop(): Promise<void>;
};

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
      for (const timer of timers) clearTimeout(timer);
      await current;
    },
  };
}
