import { TypedPage } from "../form/typed-page.tsx";
import { ScheduleForm } from "./schedule-form.tsx";

/** Makes a schedule for any type, by the form that submits a job of it. */
export const NewSchedulePage = () => (
  <TypedPage title="New schedule">{(type) => <ScheduleForm key={type.type} type={type} />}</TypedPage>
);
