import { signal } from "@preact/signals";

/** This moment, in milliseconds, a second at a time. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);
