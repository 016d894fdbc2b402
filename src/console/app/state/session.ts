import { computed, signal } from "@preact/signals";
import { createClient } from "galley/client";

const storageKey = "galley.key";

/** The key of this tab; the empty string without one. */
export const apiKey = signal(sessionStorage.getItem(storageKey) ?? "");

/** What the service said when it last refused the key, or that there was none; null as long as it has not. */
export const refusal = signal<string | null>(null);

const watchingFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.status === 401) refusal.value = apiKey.peek() === "" ? "" : "The key is wrong, or was revoked.";
  return response;
};

/** Everything that the console asks goes through it. */
export const client = computed(() =>
  createClient({ baseUrl: "", apiKey: apiKey.value || undefined, fetch: watchingFetch }),
);

/** Keeps a key for this tab, until it is closed. The empty string forgets it. */
export function keepKey(key: string): void {
  if (key === "") sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, key);
  apiKey.value = key;
  refusal.value = null;
}
