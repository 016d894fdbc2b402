import { createHmac } from "node:crypto";
import { readSecret } from "../access/tokens.ts";
import type { Db } from "../db/client.ts";

/** What events are signed with, as Standard Webhooks writes it (`whsec_…`). Kept nowhere: made of the service's own secret. */
export type Secrets = {
  ofEndpoint(endpointId: string): Promise<string>;
  /** For the `webhookUrl` of a tenant's jobs. */
  ofJobs(tenant: string): Promise<string>;
};

export function createSecrets(db: Db): Secrets {
  const derive = async (name: string) =>
    `whsec_${createHmac("sha256", await readSecret(db))
      .update(name)
      .digest("base64")}`;
  return {
    ofEndpoint: (endpointId) => derive(`webhook endpoint ${endpointId}`),
    ofJobs: (tenant) => derive(`webhook jobs ${tenant}`),
  };
}
