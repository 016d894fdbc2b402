/** For how long writes of running work could not be made, since that is no time of the work's own. */
export type Standstill = {
  /** A write waits from now on. Returns what ends that. */
  begin(): () => void;
  /** How long any write has waited since the process began, in milliseconds. */
  milliseconds(): number;
};

export function createStandstill(): Standstill {
  let waiting = 0;
  let since = 0;
  let past = 0;
  return {
    begin() {
      if (waiting++ === 0) since = performance.now();
      return () => {
        if (--waiting === 0) past += performance.now() - since;
      };
    },
    milliseconds: () => past + (waiting > 0 ? performance.now() - since : 0),
  };
}
