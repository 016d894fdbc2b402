import cliProgress from "cli-progress";
import type { Job } from "galley/client";

/** Shows a job's phase, percentage and step: as a live bar on a terminal, elsewhere as one line for each change. */
export function createProgressBar(stream: NodeJS.WriteStream): { show(job: Job): void; stop(): void } {
  return stream.isTTY ? createLiveBar(stream) : createLines(stream);
}

const stepOf = ({ currentStep, waitingFor }: Job): string =>
  waitingFor ? `${currentStep} (${waitingFor})` : currentStep;

function createLiveBar(stream: NodeJS.WriteStream) {
  const bar = new cliProgress.SingleBar(
    { format: "{phase} {bar} {percentage}% {step}", stream, hideCursor: true, autopadding: true, barsize: 30 },
    cliProgress.Presets.shades_classic,
  );
  const payload = (job: Job) => ({ phase: job.phase.padEnd(12), step: stepOf(job) });
  bar.start(100, 0, { phase: "".padEnd(12), step: "" });
  return {
    show: (job: Job) => bar.update(job.percentage, payload(job)),
    stop: () => bar.stop(),
  };
}

function createLines(stream: NodeJS.WriteStream) {
  let last = "";
  return {
    show(job: Job) {
      const line = `${job.phase} ${job.percentage}% ${stepOf(job)}\n`;
      if (line !== last) stream.write(line);
      last = line;
    },
    stop: () => undefined,
  };
}
