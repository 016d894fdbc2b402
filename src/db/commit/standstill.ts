/**
 * For how long writes of running work could not be made, since that is no time of the work's own. While some writes land,
 * one that does not is its own trouble, and time goes on.
 */
export type Standstill = {
  /** The database did not take a write. */
  failed(): void;
  /** The database has taken or refused a write: it is there. */
  answered(): void;
  /** How long no write was answered after one had failed, since the process began, in milliseconds. */
  milliseconds(): number;
};

export function createStandstill(): Standstill {
  let since: number | null = null;
  let past = 0;
  return {
    failed() {
      since ??= performance.now();
    },
    answered() {
      if (since !== null) past += performance.now() - since;
      since = null;
    },
    milliseconds: () => past + (since === null ? 0 : performance.now() - since),
  };
}
