import type { Body } from "galley/client";
import { useState } from "preact/hooks";
import { Icon } from "../parts/icons.tsx";
import { Empty, Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { useAnswer } from "../state/answer.ts";
import { useMayWrite } from "../state/rights.ts";
import { client } from "../state/session.ts";
import { GiveCredentials } from "./give-credentials.tsx";
import { ShopRow } from "./shop-row.tsx";

type Shops = Body<"listShops">;
export type Shop = Shops["data"][number];

/** The tenant's shops at Shopify, in whose blogs articles are published: connects and disconnects them. */
export function ShopsPage() {
  const { value, error, reload } = useAnswer(
    async (signal) => (await client.value.request("listShops", { signal })).body,
    [],
  );
  const mayWrite = useMayWrite();
  const canConnect = mayWrite && value?.canConnect === true;
  const [isConnecting, setConnecting] = useState(false);
  return (
    <>
      <header class="page-head">
        <PageTitle>Shops</PageTitle>
        {canConnect && (
          <button type="button" class="button primary" onClick={() => setConnecting(true)}>
            <Icon name="plus" />
            Connect shop
          </button>
        )}
      </header>
      {error && <Problem error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the shops" />}
      {value && !value.canConnect && <NoKey isUsed={value.data.length > 0} />}
      {!mayWrite && <p class="notice">Shops are connected by a key with the scope jobs:write.</p>}
      {value?.data.length === 0 && (
        <Empty title="No shops yet">
          <p>In a shop at Shopify that is connected here, jobs publish their articles.</p>
        </Empty>
      )}
      {value && value.data.length > 0 && (
        <ul class="rows" aria-label="Shops">
          {value.data.map((shop) => (
            <ShopRow key={shop.id} of={shop} {...{ mayWrite, canConnect }} onChange={reload} />
          ))}
        </ul>
      )}
      {isConnecting && <GiveCredentials onChange={reload} onClose={() => setConnecting(false)} />}
    </>
  );
}

/** Says what an operator must do before shops can be connected. `isUsed`: some were, with a key that is gone. */
const NoKey = ({ isUsed }: { isUsed: boolean }) => (
  <div class="notice warn">
    <p>
      <b>No shop can be connected</b>
      {isUsed && ", and nothing is published in those below"}: the service has no key to seal their credentials
      with.
    </p>
    <p>
      An operator makes one with <code>openssl rand -base64 32</code>, sets it as <code>SECRETS_KEY</code> for every
      process of the service, and starts them again.
    </p>
  </div>
);
