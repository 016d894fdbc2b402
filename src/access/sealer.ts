import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/**
 * Keeps secrets at rest: AES-256-GCM. `about` says whose secret it is, such as the row's id and tenant. It is no part of what
 * is kept, and what is opened must name the same: a secret that was copied into another row stays shut.
 */
export type Sealer = {
  seal(secret: string, about: string): string;
  /** Throws SealError for what no known key opens. */
  open(sealed: string, about: string): string;
  /** Whether it was sealed with a former key. */
  isStale(sealed: string): boolean;
};

/** A secret cannot be opened. Says why, and nothing of the secret. */
export class SealError extends Error {
  override readonly name = "SealError";
}

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/** `keys`: 32 bytes each, in base64. The first one seals; what the others have sealed can be opened. Null without any. */
export function createSealer(keys: readonly string[]): Sealer | null {
  const known = keys.map((text) => {
    const key = Buffer.from(text, "base64");
    return { id: createHash("sha256").update(key).digest("hex").slice(0, 8), key };
  });
  const [current] = known;
  if (!current) return null;

  return {
    seal(secret, about) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, current.key, iv).setAAD(Buffer.from(about));
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return `${current.id}.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url")}`;
    },
    open(sealed, about) {
      const [keyId, text = ""] = sealed.split(".");
      const key = known.find(({ id }) => id === keyId)?.key;
      if (!key)
        throw new SealError(`No key of SECRETS_KEY has the id ${keyId}, with which this secret was sealed.`);
      const bytes = Buffer.from(text, "base64url");
      const [iv, tag] = [bytes.subarray(0, ivBytes), bytes.subarray(ivBytes, ivBytes + tagBytes)];
      try {
        const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: tagBytes });
        decipher.setAAD(Buffer.from(about)).setAuthTag(tag);
        return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, "utf8") + decipher.final("utf8");
      } catch (cause) {
        throw new SealError("The secret was changed, or was sealed for another row.", { cause });
      }
    },
    isStale: (sealed) => !sealed.startsWith(`${current.id}.`),
  };
}
