import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** A key in full, `glly_<id>_<secret>`, its id, and the hash of its secret. */
export type NewKey = { text: string; id: string; secretHash: string };

/** A key as a client shows it. */
export type ShownKey = { id: string; secret: string };

/** A new key. Its secret has 192 random bits, so that its hash needs no salt and no slowness. */
export function newKey(): NewKey {
  const id = randomBytes(8).toString("hex");
  const secret = randomBytes(24).toString("hex");
  return { text: `glly_${id}_${secret}`, id, secretHash: hashOf(secret) };
}

export const isKeyId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

/** The parts of a key. Null for what is none. */
export function parseKey(text: string): ShownKey | null {
  const [, id, secret] = /^glly_([0-9a-f]{16})_([0-9a-f]{48})$/.exec(text) ?? [];
  return id && secret ? { id, secret } : null;
}

/** Whether it is the secret of this hash, in a time that does not depend on where they differ. */
export function fits(secret: string, secretHash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret), "hex"), Buffer.from(secretHash, "hex"));
}

export const hashOf = (secret: string): string => hash("sha256", secret, "hex");
