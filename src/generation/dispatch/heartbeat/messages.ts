import type { Session } from "../../../db/session.ts";
import type { LogFormat } from "../../../log/line.ts";
import type { AttemptId } from "../../job/job.ts";
import type { Worker } from "../worker-registry.ts";
import type { HeldClaim } from "./pulse.ts";

/** What the thread is started with. */
export type ThreadStart = {
  session: Session;
  worker: Worker | null;
  logLevel: string;
  logFormat: LogFormat | undefined;
  /** The process counts up its one number while its event loop moves. */
  ticks: Int32Array;
};

export type ToThread =
  | { hold: Omit<HeldClaim, "until">; limitSeconds: number }
  | { release: AttemptId }
  | { stop: true };

/** `registered`: the worker's lock is held and known, or it can hold none. */
export type FromThread = { lost: AttemptId[] } | { failed: string } | { registered: true };
