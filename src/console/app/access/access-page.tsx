import { Empty, Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { useAnswer } from "../state/answer.ts";
import { useRights } from "../state/rights.ts";
import { client } from "../state/session.ts";
import { Keys } from "./keys.tsx";
import { Tenants } from "./tenants.tsx";

/** Who may use the service, and how much of it: keys and tenants, for a key with the scope admin. */
export function AccessPage() {
  const rights = useRights();
  return (
    <>
      <header class="page-head">
        <PageTitle>Access</PageTitle>
      </header>
      {!rights && <Loading what="what this key may do" lines={6} />}
      {rights && !rights.scopes.includes("admin") && (
        <Empty title="This key does not show it">
          <p>Keys and tenants are for a key with the scope admin.</p>
        </Empty>
      )}
      {rights?.scopes.includes("admin") && <Access rights={rights} />}
    </>
  );
}

// The page reads the keys when it opens and after each change. To draw it again would hide the secret of a new key.
function Access({ rights }: { rights: NonNullable<ReturnType<typeof useRights>> }) {
  const keys = useAnswer(async (signal) => (await client.value.request("listKeys", { signal })).body.data, []);
  const tenants = useAnswer(
    async (signal) => (await client.value.request("listTenants", { signal })).body.data,
    [],
  );
  const reload = () => {
    keys.reload();
    tenants.reload();
  };
  const error = keys.error ?? tenants.error;
  return (
    <div class="access">
      {error && <Problem error={error} onRetry={reload} />}
      {keys.value && <Keys keys={keys.value} rights={rights} onChange={reload} />}
      {tenants.value && <Tenants tenants={tenants.value} onChange={tenants.reload} />}
    </div>
  );
}
