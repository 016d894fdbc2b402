import { connect } from "node:net";
import { text } from "node:stream/consumers";

/** Sends these bytes to the service at `url` and reads its answer, up to the end of the connection, as Latin-1. */
export async function sendRaw(url: string, bytes: string | Buffer): Promise<{ status: number; answer: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding("latin1");
  socket.write(bytes);
  const answer = await text(socket);
  return { status: Number(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1]), answer };
}
