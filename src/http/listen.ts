import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { StartError } from "../errors.ts";

const longestRestMilliseconds = 1_000;

/** Returns the server's URL. Throws StartError if the port is taken, or the host is none of this machine. */
export async function listen(server: Server, { HOST, PORT }: { HOST: string; PORT: number }): Promise<string> {
  server.listen(PORT, HOST);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") {
      throw new StartError(`Port ${PORT} on ${HOST} is taken. Stop what uses it, or set PORT to another one.`);
    }
    throw new StartError(`Cannot listen on ${HOST}:${PORT}: ${error.message}.`, { cause: error });
  });
  const { port } = server.address() as AddressInfo;
  return `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${port}`;
}

/** Ends the requests that are held open by aborting `stopping`, and a second later whatever is still open. */
export async function closeServer(server: Server, stopping: AbortController): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  // The client of a request that is held open (a stream, a long poll) comes back to another process.
  stopping.abort();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), longestRestMilliseconds).unref();
  await closed;
}
