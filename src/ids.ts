import { v7 } from "uuid";

/** An id that begins with its time, so that ids sort by age and their index grows at one end. */
export const newJobId = (): string => `job_${v7().replaceAll("-", "")}`;
export const newBatchId = (): string => `batch_${v7().replaceAll("-", "")}`;
export const newUuid = (): string => v7();

/** Any that the system which Galley replaces may have given, too: adopted jobs keep their ids. */
export const isJobId = (text: string): boolean => /^job_[\w-]{1,120}$/.test(text);
export const isBatchId = (text: string): boolean => /^batch_[0-9a-f]{32}$/.test(text);
export const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
