import type { Request } from "express";

/** Whose request it is. On a loopback host without keys the service is open to this machine, as one tenant. */
export function tenantOf(_request: Request): string {
  return "local";
}
