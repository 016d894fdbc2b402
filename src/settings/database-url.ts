const expected = "expected postgres://user:password@host:port/database";
const encode =
  "user and password must be percent-encoded: write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25";

/** Why `address` is no address of a PostgreSQL, without a piece of it, or null if it is one. */
export function problemOf(address: string): string | null {
  if (!/^postgres(ql)?:\/\//.test(address)) return expected;
  const url = parse(address);
  // A / or # or ? ends the part that has the password, so the @ comes after it, and what precedes is no host's name.
  if (!url) return address.includes("@") ? encode : expected;
  const rest = `${url.pathname}${url.search}${url.hash}`;
  if (url.hash !== "" || (url.username === "" && rest.includes("@") && !url.searchParams.has("user")))
    return encode;
  return isEncoded(url.username) && isEncoded(url.password) && isEncoded(url.pathname) ? null : encode;
}

/** The address without user, password and options, fit for a message. */
export function placeOf(address: string): string {
  if (problemOf(address) !== null) return "an address that cannot be read";
  const { hostname, port, pathname, searchParams } = parse(address) as URL;
  const host = searchParams.get("host") ?? (decodeURIComponent(hostname) || "localhost");
  if (host.startsWith("/")) return `${host}${pathname}`;
  return `${host}:${searchParams.get("port") ?? (port || "5432")}${pathname}`;
}

/** The address with its secrets masked. */
export function maskAddress(address: string): string {
  const url = parse(address);
  if (!url || problemOf(address) !== null) return `${address.slice(0, 3)}…`;
  if (url.password) url.password = "…";
  for (const name of ["password", "sslpassword"]) if (url.searchParams.has(name)) url.searchParams.set(name, "…");
  return url.toString().replaceAll(encodeURIComponent("…"), "…");
}

/** The address of a web server without what may be a key: its user, its password, the values of its query. */
export function maskUrl(address: string): string {
  const url = URL.parse(address);
  if (!url) return `${address.slice(0, 8)}…`;
  if (url.username) url.username = "…";
  if (url.password) url.password = "…";
  for (const name of [...url.searchParams.keys()]) url.searchParams.set(name, "…");
  return url.toString().replaceAll(encodeURIComponent("…"), "…");
}

/** What the address asks the server to be started with, and the address without that. */
export function splitOptions(address: string): { address: string; options: string } {
  const url = parse(address);
  const options = url?.searchParams.get("options");
  if (!url || !options) return { address, options: "" };
  url.searchParams.delete("options");
  return { address: url.toString(), options };
}

// With a user and no host, as an address of a socket may be, it is no URL.
const parse = (address: string): URL | null =>
  URL.parse(address) ?? URL.parse(address.replace("@/", "@localhost/"));

function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** Where Galley keeps its own tables, and pg-boss's, unless the settings name other schemas. */
export const defaultSchemas = { schema: "public", queueSchema: "galley_queue" } as const;
