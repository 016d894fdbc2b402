import { pino } from "pino";

export type Log = pino.Logger;

/** One JSON line per happening, on stderr: stdout belongs to what a command answers. */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // pino would take the message of what stands under this key for the line's own.
      errorKey: "none",
      // An error's own fields can hold SQL parameters, prompts and keys: only what it is and where it comes from is kept.
      serializers: {
        err: (error: Error & { code?: unknown }) => ({
          name: error.name,
          code: error.code,
          stack: framesOf(error),
        }),
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

function framesOf(error: Error): string[] {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => line.trimStart().startsWith("at "))
    .slice(0, 8)
    .map((line) => line.trim());
}
