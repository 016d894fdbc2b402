import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Db } from "../db/client.ts";
import { tokenSecret } from "../db/schema/index.ts";

/** What a token shows: one job, or one batch with its jobs. */
export type Subject = { jobId: string } | { batchId: string };

/** `keyId`: the key on whose behalf it was signed, null for this machine while there are no keys. */
export type Grant = { tenant: string; keyId: string | null; subject: Subject };

/** Short-lived tokens, JSON Web Tokens that all processes sign with one secret (HS256). */
export type Tokens = {
  sign(grant: Grant, ttlSeconds: number): Promise<{ token: string; expiresAt: Date }>;
  /** What a token grants, until `exp` (seconds since 1970). Null for what none of ours has signed. */
  verify(token: string): Promise<(Grant & { exp: number }) | "expired" | null>;
};

const audience = "galley";
const Claims = z.object({
  tenant: z.string(),
  keyId: z.string().nullable(),
  exp: z.number(),
  subject: z.union([z.strictObject({ jobId: z.string() }), z.strictObject({ batchId: z.string() })]),
});

export function createTokens(db: Db): Tokens {
  let known: Promise<Uint8Array> | undefined;

  function secret(): Promise<Uint8Array> {
    known ??= readSecret(db).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  }

  return {
    async sign(grant, ttlSeconds) {
      const { SignJWT } = await jose();
      const expiresAt = new Date((Math.floor(Date.now() / 1000) + ttlSeconds) * 1000);
      const token = await new SignJWT(grant)
        .setProtectedHeader({ alg: "HS256" })
        .setAudience(audience)
        .setExpirationTime(expiresAt)
        .sign(await secret());
      return { token, expiresAt };
    },
    async verify(token) {
      const { jwtVerify, errors } = await jose();
      const key = await secret();
      try {
        const options = { algorithms: ["HS256"], audience, requiredClaims: ["exp"] };
        const { payload } = await jwtVerify(token, key, options);
        return Claims.parse(payload);
      } catch (error) {
        if (error instanceof errors.JWTExpired) return "expired";
        if (error instanceof errors.JOSEError || error instanceof z.ZodError) return null;
        throw error;
      }
    },
  };
}

// 40 ms, and most processes see no token.
const jose = () => import("jose");

/** The secret of all processes: the first that needs it makes it. */
export async function readSecret(db: Db): Promise<Uint8Array> {
  await db
    .insert(tokenSecret)
    .values({ secret: randomBytes(32).toString("hex") })
    .onConflictDoNothing();
  const [row] = await db.select({ secret: tokenSecret.secret }).from(tokenSecret);
  if (!row) throw new Error("The secret of tokens was removed at this moment.");
  return Buffer.from(row.secret, "hex");
}
