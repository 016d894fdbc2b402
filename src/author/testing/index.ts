/** `galley/testing`: what the test of a job type may import. */
export { type Bench, createBench, type Reported, type RunOptions, runPhase } from "./bench.ts";
export type { KeptStep } from "./bench-steps.ts";
export { findBreaches } from "./conformance/find-breaches.ts";
export { crashEverywhere } from "./crash/crash-everywhere.ts";
export type { Crashes } from "./crash/die-everywhere.ts";
export { createGate, eventually } from "./gate.ts";
export { type Ran, runJob } from "./run-job.ts";
export { type Answer, answers, type Call, demo, fault, faultAt, type Script, stream } from "./script.ts";
