/** What a person gives for a shop to be signed in to with. Texts as they were typed. */
export type Draft = { kind: Kind; clientId: string; clientSecret: string; accessToken: string };

type Kind = (typeof kinds)[number]["kind"];

/** The two ways in. The first lasts: its secret is exchanged for tokens of a day. */
export const kinds = [
  { kind: "app", label: "Client id and secret" },
  { kind: "token", label: "Access token" },
] as const;

const fields = [
  {
    kind: "app",
    name: "clientId",
    label: "Client id",
    hint: "Of an app of the shop's owner, with the scope write_content",
    isSecret: false,
  },
  { kind: "app", name: "clientSecret", label: "Client secret", hint: "Of the same app", isSecret: true },
  {
    kind: "token",
    name: "accessToken",
    label: "Access token",
    hint: "Of the Admin API, with the scope write_content",
    isSecret: true,
  },
] as const;

export const fieldsOf = (kind: Kind) => fields.filter((field) => field.kind === kind);

export const noCredentials: Draft = { kind: "app", clientId: "", clientSecret: "", accessToken: "" };

/** What is sent: one kind alone, and without the spaces that come with copying. */
export const bodyOf = ({ kind, ...given }: Draft) =>
  Object.fromEntries(fieldsOf(kind).map(({ name }) => [name, given[name].trim()]));
