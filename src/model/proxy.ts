import { setGlobalProxyFromEnv } from "node:http";
import { proxySettings } from "../settings/config.ts";

/** Lets requests to others go through the proxy that the environment names. Returns how to leave it again. */
export function useProxy(): () => void {
  const proxy = proxySettings();
  return proxy ? setGlobalProxyFromEnv(proxy) : () => undefined;
}
