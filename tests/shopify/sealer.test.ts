import { randomBytes } from "node:crypto";
import { expect, test } from "@jest/globals";
import { createSealer, SealError, type Sealer } from "../../src/access/sealer.ts";

const newKey = () => randomBytes(32).toString("base64");
const sealerOf = (...keys: string[]) => createSealer(keys) as Sealer;

test("what is sealed is opened again for the same row, and looks like another thing each time", () => {
  const sealer = sealerOf(newKey());
  const sealed = sealer.seal("shpat_secret", "row 1");
  expect(sealed).not.toContain("shpat");
  expect(Buffer.from(sealed.split(".")[1] ?? "", "base64url").toString("latin1")).not.toContain("shpat");
  expect(sealer.seal("shpat_secret", "row 1")).not.toBe(sealed);
  expect(sealer.open(sealed, "row 1")).toBe("shpat_secret");
});

test("another row, another key and any changed byte keep it shut", () => {
  const sealer = sealerOf(newKey());
  const sealed = sealer.seal("shpat_secret", "row 1");
  expect(() => sealer.open(sealed, "row 2")).toThrow(SealError);
  expect(() => sealerOf(newKey()).open(sealed, "row 1")).toThrow("No key of SECRETS_KEY has the id");
  const [keyId, text = ""] = sealed.split(".");
  const bytes = Buffer.from(text, "base64url");
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => sealer.open(`${keyId}.${changed.toString("base64url")}`, "row 1")).toThrow(SealError);
  }
  expect(() => sealer.open(`${keyId}.${bytes.subarray(0, 20).toString("base64url")}`, "row 1")).toThrow(SealError);
  expect(() => sealer.open(`${keyId}`, "row 1")).toThrow(SealError);
});

test("a key that was replaced opens what it sealed, for as long as it is named behind the new one", () => {
  const [former, current] = [newKey(), newKey()];
  const sealed = sealerOf(former).seal("shpat_secret", "row 1");
  const sealer = sealerOf(current, former);
  expect(sealer.open(sealed, "row 1")).toBe("shpat_secret");
  expect(sealer.isStale(sealed)).toBe(true);
  const anew = sealer.seal("shpat_secret", "row 1");
  expect(sealer.isStale(anew)).toBe(false);
  expect(sealerOf(current).open(anew, "row 1")).toBe("shpat_secret");
});

test("without a key there is nothing to seal with", () => {
  expect(createSealer([])).toBeNull();
});
