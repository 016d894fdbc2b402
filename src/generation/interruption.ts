/**
 * Why a running attempt must stop, as the reason of its signal.
 * `cancelled`: the job is over; `lost`: another attempt has the queue job; `stopping`: the service goes down.
 */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly why: "cancelled" | "lost" | "stopping";

  constructor(why: Interruption["why"]) {
    super(`interrupted: ${why}`);
    this.why = why;
  }
}
