import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** An address on this machine that leads to one port, then to another, as that of a database's cluster does. */
export type MovableAddress = {
  port: number;
  /** Ends all connections. New ones are refused until it leads somewhere again. */
  leadNowhere(): void;
  leadTo(port: number): void;
  close(): Promise<void>;
};

export async function openAddress(port: number): Promise<MovableAddress> {
  let target: number | null = port;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    if (target === null) return void near.destroy();
    const far = connect(target, "127.0.0.1");
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(end);
      end.on("error", () => undefined);
      end.on("close", () => {
        open.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const leadNowhere = () => {
    target = null;
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    leadNowhere,
    leadTo(next) {
      target = next;
    },
    async close() {
      leadNowhere();
      server.close();
      await once(server, "close");
    },
  };
}
