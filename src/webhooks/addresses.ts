import dns from "node:dns";
import type { Agent } from "node:http";
import ipaddr from "ipaddr.js";
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from "request-filtering-agent";

/** Where webhooks may go: to https outside of the network, and to the addresses that the operator allows. */
export type Addresses = {
  /** Why nothing may be sent to this URL, as far as can be seen without looking up its name. Null: it may. */
  problemOf(url: string): string | null;
  /**
   * Connects, and looks up names: one that leads inside is refused before anything is connected to. What was looked up is
   * what is connected to, so that no later look-up can lead elsewhere.
   */
  agentFor(url: URL): Agent;
};

/** `allowed`: addresses and networks (`10.0.0.0/8`) that may be reached, also over http. `lookup`: looks up names. */
export function createAddresses(allowed: readonly string[], lookup = dns.lookup): Addresses {
  const options = { allowIPAddressList: [...allowed], keepAlive: false, lookup };
  const [plain, secure] = [new RequestFilteringHttpAgent(options), new RequestFilteringHttpsAgent(options)];

  return {
    problemOf(text) {
      const url = URL.parse(text);
      if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "expected an https URL";
      if (url.username || url.password) return "expected a URL without user and password";
      const host = url.hostname.replace(/^\[|\]$/g, "");
      const address = ipaddr.isValid(host) ? ipaddr.process(host) : null;
      if (address && isAmong(address, allowed)) return null;
      if (url.protocol !== "https:") return "expected an https URL";
      if (address && address.range() !== "unicast") return "expected an address outside of the service's network";
      return null;
    },
    agentFor: ({ protocol }) => (protocol === "https:" ? secure : plain),
  };
}

function isAmong(address: ipaddr.IPv4 | ipaddr.IPv6, allowed: readonly string[]): boolean {
  return allowed.some((one) => {
    if (!ipaddr.isValidCIDR(one)) return ipaddr.process(one).toString() === address.toString();
    const [network, bits] = ipaddr.parseCIDR(one);
    return network.kind() === address.kind() && address.match(network, bits);
  });
}
