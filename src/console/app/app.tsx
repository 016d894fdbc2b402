import { AccessPage } from "./access/access-page.tsx";
import { BatchPage } from "./batches/batch-page.tsx";
import { BatchesPage } from "./batches/batches-page.tsx";
import { NewPage } from "./form/new-page.tsx";
import { HealthPage } from "./health/health-page.tsx";
import { JobPage } from "./job/job-page.tsx";
import { JobsPage } from "./jobs/jobs-page.tsx";
import { KeyPrompt } from "./key-prompt.tsx";
import { Logo } from "./parts/icons.tsx";
import { Links } from "./parts/links.tsx";
import { Empty } from "./parts/notice.tsx";
import { PageTitle } from "./parts/page-title.tsx";
import { ChangeSchedulePage } from "./schedules/change-schedule-page.tsx";
import { NewSchedulePage } from "./schedules/new-schedule-page.tsx";
import { SchedulesPage } from "./schedules/schedules-page.tsx";
import { ServiceNotice } from "./service-notice.tsx";
import { ShopsPage } from "./shops/shops-page.tsx";
import { address } from "./state/address.ts";
import { type Place, paths, placeOf } from "./state/paths.ts";
import { useRights } from "./state/rights.ts";
import { apiKey, keepKey, refusal } from "./state/session.ts";
import { StatisticsPage } from "./statistics/statistics-page.tsx";

/** What stands around every page, and the page that the address names. */
export function App() {
  const at = placeOf(address.value.pathname);
  const mayAdmin = useRights()?.scopes.includes("admin") ?? false;
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">
        <div class="inner">
          <a class="brand" href={paths.jobs}>
            <Logo />
            Galley
          </a>
          <Links label="Console">
            {(mayAdmin ? [...links, ...operatorLinks] : links).map(([place, word]) => (
              <a key={place} href={paths[place]} aria-current={currentOf(place, at?.place)}>
                {word}
              </a>
            ))}
            <a href="/docs">API</a>
          </Links>
          {apiKey.value !== "" && (
            <button type="button" class="button quiet" onClick={() => keepKey("")}>
              Forget key
            </button>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <ServiceNotice />
        {refusal.value === null ? <Page at={at} /> : <KeyPrompt />}
      </main>
    </>
  );
}

const links = [
  ["jobs", "Jobs"],
  ["batches", "Batches"],
  ["schedules", "Schedules"],
  ["shops", "Shops"],
  ["statistics", "Statistics"],
  ["health", "Health"],
] as const satisfies [Place, string][];

/** What concerns the service as a whole, and not one tenant. */
const operatorLinks = [["access", "Access"]] as const satisfies [Place, string][];

/** The list that a page belongs to. */
const listOf: Partial<Record<Place, Place>> = {
  job: "jobs",
  new: "jobs",
  batch: "batches",
  newSchedule: "schedules",
  schedule: "schedules",
};

function currentOf(place: Place, shown: Place | undefined): "page" | "true" | undefined {
  if (shown === place) return "page";
  return shown && listOf[shown] === place ? "true" : undefined;
}

function Page({ at }: { at: ReturnType<typeof placeOf> }) {
  switch (at?.place) {
    case "jobs":
      return <JobsPage />;
    case "new":
      return <NewPage />;
    case "batches":
      return <BatchesPage />;
    case "batch":
      return <BatchPage key={at.id} id={at.id} />;
    case "schedules":
      return <SchedulesPage />;
    case "newSchedule":
      return <NewSchedulePage />;
    case "schedule":
      return <ChangeSchedulePage key={at.id} id={at.id} />;
    case "shops":
      return <ShopsPage />;
    case "statistics":
      return <StatisticsPage />;
    case "access":
      return <AccessPage />;
    case "health":
      return <HealthPage />;
    case "job":
      return <JobPage key={at.id} id={at.id} />;
    default:
      return (
        <>
          <PageTitle>Nothing here</PageTitle>
          <Empty title="No page has this address">
            <a class="button" href={paths.jobs}>
              All jobs
            </a>
          </Empty>
        </>
      );
  }
}
