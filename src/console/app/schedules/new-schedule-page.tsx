import type { Schema } from "../form/schema.ts";
import { TypedPage } from "../form/typed-page.tsx";
import { client } from "../state/session.ts";
import { newDraft, orderOf } from "./order.ts";
import { ScheduleForm } from "./schedule-form.tsx";

/** Makes a schedule for any type, by the form that submits a job of it. */
export const NewSchedulePage = () => (
  <TypedPage title="New schedule">
    {(type) => (
      <ScheduleForm
        key={type.type}
        type={type}
        beginning={newDraft(type.input as Schema, ownZone())}
        does="Make schedule"
        send={(draft) =>
          client.value.request("createSchedule", { body: { type: type.type, ...orderOf(type.type, draft) } })
        }
      />
    )}
  </TypedPage>
);

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
