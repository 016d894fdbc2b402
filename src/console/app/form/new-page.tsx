import { SubmitForm } from "./submit-form.tsx";
import { TypedPage } from "./typed-page.tsx";

/** Submits a job of any type, by a form that is made from the schema of the type's input. */
export const NewPage = () => (
  <TypedPage title="New job">{(type) => <SubmitForm key={type.type} type={type} />}</TypedPage>
);
