/** What a job type, a phase and its queue may be called. */
export const usableName = /^[a-z][a-z0-9_]{0,39}$/;
export const usableNameInWords = "a-z, 0-9 and _, a letter first, at most 40";

/** What stands in a job's `phase` beside the phases' own names, and the handler's mistakes. */
export const reservedPhases: readonly string[] = ["queued", "completed", "error"];
