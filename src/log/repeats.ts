const minuteMilliseconds = 60_000;
const mostRemembered = 200;
/** What each try says again while something is away. */
const oftenSaid = ["connection_lost", "heartbeat_failed", "queue_error", "worker_registry_failed"];

const toldElsewhere = new WeakSet<object>();

/** The log has a line of its own for this error: lines of others need not repeat it. */
export function tellsForItself(error: Error): void {
  toldElsewhere.add(error);
}

/**
 * Whether a log line says nothing new: its error has a line of its own, or another try said the same within the last
 * minute. A line about a job or a request is always new. `now` in milliseconds.
 */
export function createRepeats(): (line: unknown, now: number) => boolean {
  const saidAt = new Map<string, number>();

  return (line, now) => {
    if (typeof line !== "object" || line === null || "job" in line || "requestId" in line) return false;
    const { event, reason, err } = line as { event?: string; reason?: string; err?: unknown };
    if (isLoggedElsewhere(err)) return true;
    if (event === undefined || reason === undefined || !oftenSaid.includes(event)) return false;
    const said = `${event} ${reason}`;
    if (now - (saidAt.get(said) ?? -Infinity) < minuteMilliseconds) return true;
    if (saidAt.size >= mostRemembered) saidAt.clear();
    saidAt.set(said, now);
    return false;
  };
}

function isLoggedElsewhere(error: unknown): boolean {
  for (let cause = error; Error.isError(cause); cause = cause.cause) {
    if (toldElsewhere.has(cause)) return true;
  }
  return false;
}
