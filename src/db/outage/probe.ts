import type { SessionPool } from "../pool.ts";

// A delete that finds nothing is refused where nothing may be written. A result that does not fit into its memory goes
// through a file of 72 kB, which a full disk has no room for. Nothing of it is left, and it takes a millisecond.
const statements = [
  "set local work_mem = '64kB'",
  "delete from workers where false",
  "select count(*) from generate_series(1, 5000)",
  "commit",
];

/** Tries whether something can be written. Throws what the server says if not. */
export async function tryToWrite(pool: SessionPool): Promise<void> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query([pool.session.begin, ...statements].join("; "));
  } catch (error) {
    // Kept if the server still answers: where connections are scarce another one may take its place.
    await client.query("rollback").catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}
