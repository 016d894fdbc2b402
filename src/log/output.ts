import { fstatSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const stderr = 2;
// What a reader that stands still may keep waiting here; a line that finds more is dropped.
const mostWaitingBytes = 1024 * 1024;

/**
 * Where log lines go: stderr. Whatever happens to it, a line neither throws nor keeps the process waiting: a reader that
 * has gone, one that stands still and a full disk cost lines, and nothing else.
 */
export function openOutput(): { write(line: string): void } {
  if (!isMainThread || !isPipeOrTerminal()) return { write: writeAtOnce };
  outliveReaders([process.stderr]);
  return {
    write(line) {
      if (process.stderr.writableLength < mostWaitingBytes) process.stderr.write(line);
    },
  };
}

/** From now on this process does not end because nothing can be written to stdout or stderr any more. */
export function outliveReaders(streams = [process.stdout, process.stderr]): void {
  for (const stream of streams) stream.removeAllListeners("error").on("error", ignore);
}

const ignore = () => undefined;

// A thread's own `process.stderr` waits for the event loop of the main thread. A file's is closed by the first error,
// though there may be room on the disk later.
function writeAtOnce(line: string): void {
  try {
    writeSync(stderr, line);
  } catch {
    // There is no other place to report it.
  }
}

function isPipeOrTerminal(): boolean {
  try {
    return process.stderr.isTTY || fstatSync(stderr).isFIFO() || fstatSync(stderr).isSocket();
  } catch {
    // It was closed before the process began.
    return false;
  }
}
