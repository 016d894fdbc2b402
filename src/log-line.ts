import { type LoggerOptions, pino } from "pino";
import { openOutput } from "./log-output.ts";

/** One JSON line per happening, on stderr: stdout belongs to what a command answers. */
export function openLog(level: string, serializers: NonNullable<LoggerOptions["serializers"]> = {}): pino.Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // pino would take the message of what stands under this key for the line's own.
      errorKey: "none",
      serializers,
    },
    openOutput(),
  );
}
