import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export type Line = {
  url: string;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /**
   * Lets nothing through any more and tells neither end, as when a cable is pulled: what is open hangs for good, what
   * is opened from now on hangs as well. `application`: only connections of this `application_name`.
   */
  silence(application?: string): void;
  /** Serves new connections again. */
  mend(): void;
  close(): Promise<void>;
};

type Connection = { near: Socket; far: Socket; application: string; isSilent: boolean; isKept: boolean };

const refusal = errorMessage("unsupported startup parameter: options");

/** How a client says that it leaves. */
const terminate = Buffer.from([..."X\0\0\0\x04"].map((letter) => letter.charCodeAt(0)));

/**
 * A TCP line to the database that can be cut, silenced and mended. `pooled`: as a pooler in transaction mode does, it
 * swallows notifications, and the server's connection stays open when its client leaves. `refusesOptions`: as PgBouncer
 * does, it takes no connection that brings settings.
 */
export async function openLine(url: string, { pooled = false, refusesOptions = false } = {}): Promise<Line> {
  const target = new URL(url);
  const port = Number(target.port);
  const open = new Set<Connection>();
  let isCut = false;
  let isSilent: (connection: Connection) => boolean = () => false;

  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(port, target.hostname);
    const connection: Connection = { near, far, application: "", isSilent: false, isKept: false };
    open.add(connection);
    const pass = pooled ? withoutNotifications() : (data: Buffer) => data;
    near.once("data", (startup) => {
      connection.application = /application_name\0([^\0]*)/.exec(startup.toString("latin1"))?.[1] ?? "";
      connection.isSilent = isSilent(connection);
    });
    near.on("data", (data) => {
      if (refusesOptions && data.includes("\0options\0")) return void near.end(refusal);
      connection.isKept = pooled && data.equals(terminate);
      if (!connection.isSilent && !connection.isKept) far.write(data);
    });
    far.on("data", (data) => void (connection.isSilent || near.write(pass(data))));
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      end.on("error", () => undefined);
      end.on("close", () => {
        // Of a silent connection neither end hears that the other has hung up.
        if (!connection.isSilent && !connection.isKept) other.destroy();
        if (near.destroyed && far.destroyed) open.delete(connection);
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  target.port = String(typeof address === "object" ? address?.port : "");

  const drop = () => {
    for (const { near, far } of open) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: target.toString(),
    cut() {
      isCut = true;
      drop();
    },
    silence(application) {
      isSilent = (connection) => application === undefined || connection.application === application;
      for (const connection of open) connection.isSilent ||= isSilent(connection);
    },
    mend() {
      isCut = false;
      isSilent = () => false;
    },
    async close() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}

/** Passes on the server's messages (a letter, a length, a body) without those that are notifications. */
function withoutNotifications(): (data: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    const kept: Buffer[] = [];
    while (rest.length >= 5) {
      const size = 1 + rest.readInt32BE(1);
      if (rest.length < size) break;
      if (String.fromCharCode(rest.readUInt8(0)) !== "A") kept.push(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    return Buffer.concat(kept);
  };
}

/** As a server refuses a connection: a letter, a length, and fields that begin with a letter and end with a zero. */
function errorMessage(text: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${text}\0\0`);
  const head = Buffer.from("E....");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
