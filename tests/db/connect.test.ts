import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { reachServer } from "../../src/db/connect.ts";
import { readConfig } from "../../src/settings/config.ts";
import { placeOf } from "../../src/settings/database-url.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { openLine } from "../support/line.ts";
import { type Run, run } from "../support/process.ts";

let database: TestDatabase;
let server: Server | undefined;
let service: Run | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  service?.child.kill("SIGKILL");
  await service?.exit;
  server?.close();
  service = server = undefined;
  await database.drop();
});

const told = (url: string) =>
  reachServer(url).then(
    () => "reached",
    (error: Error) => error.message,
  );

test.each([
  ["12/3", "@db.example.com:5432/galley"],
  ["1#2secret", "@db.example.com/galley"],
  ["12?secret", "@db.example.com/galley"],
  ["sec#ret", "@db.example.com/galley"],
  ["s%zz", "@db.example.com/galley"],
])(
  "a password like %s that is not percent-encoded is called that, and no piece of it is shown",
  (password, rest) => {
    const read = () => readConfig({ DATABASE_URL: `postgres://app:${password}${rest}` });
    expect(read).toThrow(/DATABASE_URL: user and password must be percent-encoded: write @ as %40/);
    expect(read).not.toThrow(new RegExp(password.replace("?", "\\?")));
  },
);

test.each([
  "postgres:///galley?host=/var/run/postgresql",
  "postgres://app:p%40ss%2Fw@db:5432/galley?sslmode=verify-full",
  "postgresql://app@/galley?host=%2Ftmp",
  "postgres://[::1]:5433/galley",
  "postgres://db/galley?user=app@tenant",
])("%s is an address", (url) => {
  expect(readConfig({ DATABASE_URL: url }).DATABASE_URL).toBe(url);
});

test("a socket's address is named by its folder", () => {
  expect(placeOf("postgres:///galley?host=/var/run/postgresql")).toBe("/var/run/postgresql/galley");
});

test("a server that is not there yet is waited for, with one line", async () => {
  const line = await openLine(database.url);
  line.cut();
  service = run("src/main.ts", [], { DATABASE_URL: line.url, PORT: "0" });
  const { stdout, stderr } = service;
  await eventually(stderr, (text) => text.includes("\n"));
  expect(stderr()).toMatch(/^Waiting up to 30 s for the PostgreSQL at 127\.0\.0\.1:\d+\/\w+: [^\n]+\.\n$/);
  line.mend();
  await eventually(stdout, (text) => text.includes("Galley is ready"));
  expect(stderr().match(/Waiting up to/g)).toHaveLength(1);
  await line.close();
});

/** A server that answers the start of each connection with an error of this SQLSTATE. */
async function refusing(code: string, message: string): Promise<string> {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
      const head = Buffer.from("E....");
      head.writeInt32BE(fields.length + 4, 1);
      socket.end(Buffer.concat([head, fields]));
    });
  });
  return await listening(server);
}

async function listening(listener: Server): Promise<string> {
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

test.each([
  ["57P03", "the database system is starting up", true],
  ["53300", 'too many connections for role "app"', true],
  ["28P01", 'password authentication failed for user "app"', false],
  ["3D000", 'database "galley" does not exist', false],
])("SQLSTATE %s at the start: %s (waited for: %s)", async (code, message, isWaitedFor) => {
  const place = await refusing(code, message);
  const began = performance.now();
  const line = await reachServer(`postgres://app:secret@${place}/galley`, { waitSeconds: 1 }).catch(
    (error: Error) => error.message,
  );
  expect(performance.now() - began >= 900).toBe(isWaitedFor);
  expect(line).toContain(`Cannot use the PostgreSQL at ${place}/galley: ${message}. `);
  // The address is right where a server answered that it is not ready.
  expect(String(line).includes("DATABASE_URL")).toBe(!isWaitedFor);
});

test("an untrusted certificate is named as the cause, with what helps", async () => {
  server = createServer((socket: Socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write("S");
      const secure = new TLSSocket(socket, { isServer: true, key, cert });
      secure.on("error", () => undefined);
    });
  });
  const place = await listening(server);
  const line = await told(`postgres://app:secret@${place}/galley?sslmode=require`);
  expect(line).toMatch(
    /self-signed certificate.*\. Add sslrootcert=.* or sslmode=no-verify to take any certificate/,
  );
});

test("a certificate's file that is not there is named in one line", async () => {
  const url = new URL(database.url);
  url.search = "?sslmode=verify-full&sslrootcert=/no/such.pem";
  expect(await told(url.toString())).toBe(
    "DATABASE_URL names the file /no/such.pem, which cannot be read (ENOENT).",
  );
});

test("PGSSLMODE, PGHOST and PGOPTIONS in the shell do not reach the embedded server", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "galley-env-"));
  await writeFile(join(dataDir, ".keep"), "");
  const env = {
    PGSSLMODE: "require",
    PGHOST: "/no/such",
    PGPORT: "1",
    PGOPTIONS: "-c datestyle=German -c no.such",
    PGUSER: "me",
  };
  const migrated = run("scripts/db/migrate.ts", [], { ...env, GALLEY_DATA_DIR: dataDir });
  expect([await migrated.exit, migrated.stderr()]).toEqual([0, ""]);
  await rm(dataDir, { recursive: true, force: true });
});

// For the test alone: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbosDWNiII4Gw0np+
Eq97mMvNsKGiL9ni9ADEdIyTqe6hRANCAASdFOPv5MZad5QPJCxoj3wFqciNNRCO
tTe4EPZRwaxyV4zRHfrXigX1KyIvOCqZrC8jqgIh2Gq0wxIe5arPCdO7
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUEp9Bfgy6xUlK0SIXjty7YTH5mFwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTA3MTEzOFoYDzIxMjYxMTAx
MDcxMTM4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASdFOPv5MZad5QPJCxoj3wFqciNNRCOtTe4EPZRwaxyV4zRHfrXigX1
KyIvOCqZrC8jqgIh2Gq0wxIe5arPCdO7o1MwUTAdBgNVHQ4EFgQUuIaChyzhvIrn
s/rTU5FBSbzA6kgwHwYDVR0jBBgwFoAUuIaChyzhvIrns/rTU5FBSbzA6kgwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAYEAce3Z/Sgc+HGiie7GN8
ojO7II75eRU9CShbn1qOIQIgOr33aDVLJ3ej7dIGwZDxq3Vn/JyVOruDnp5eCDjo
iFY=
-----END CERTIFICATE-----`;
