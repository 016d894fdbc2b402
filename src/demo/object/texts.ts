import { writeProse } from "../prose/prose.ts";
import { capitalised, clip, countPhrase, plain } from "../text.ts";
import { type Desk, type Place, singular } from "./desk.ts";
import { metaDescription, metaTitle, titleFor } from "./titles.ts";
import type { Wording } from "./wording/wording.ts";

/** The text of a field, by its name. */
export function textFor(desk: Desk, place: Place): string {
  const field = singular(place.name);
  const text = own.get(field)?.(desk, place) ?? echoed(desk, place) ?? desk.pick(kinds.get(field) ?? "note");
  return place.repeat > 0 ? `${text} ${place.repeat}` : text;
}

/** Fields that have a phrase of their own kind. */
const kinds = new Map<string, keyof Wording>(
  Object.entries({
    titleidea: "title",
    headline: "title",
    goal: "goal",
    purpose: "goal",
    keypoint: "keyPoint",
    point: "keyPoint",
    mustcover: "keyPoint",
    question: "question",
    keyword: "keyword",
    secondarykeyword: "keyword",
    tag: "tag",
    audience: "audience",
    tone: "tone",
    angle: "angle",
    avoid: "avoid",
    fact: "fact",
    cta: "cta",
    reason: "fact",
  } as const),
);

/** Fields that need more than a phrase. */
const own = new Map<string, (desk: Desk, place: Place) => string>(
  Object.entries({
    title: (desk, { within }) => (within ? desk.pick("title") : titleFor(desk)),
    metatitle: metaTitle,
    seotitle: metaTitle,
    heading: headingFor,
    metadescription: metaDescription,
    description: describe,
    summary: describe,
    excerpt: describe,
    focuskeyword: ({ assignment }) => assignment.subject,
    language: ({ assignment }) => assignment.language,
    handle: slug,
    handlehint: slug,
    slug,
    url: () => "https://example.com/",
    name: (desk, { within }) => (within ? desk.pick("note") : desk.assignment.subject),
    id: (_, { within }) => (within ? `${within.list.slice(0, 1) || "i"}${within.index + 1}` : "1"),
    productid: ({ products }, { within }) => idOf(products[within?.index ?? 0]) ?? "p1",
    text: prose,
    body: prose,
    content: prose,
    markdown: prose,
  }),
);

export function idOf(product: { id?: unknown } | undefined): string | null {
  return typeof product?.id === "string" ? product.id : null;
}

/** What the data block has under the same name. Null for an entry of a list, since the block speaks of the whole. */
function echoed({ assignment }: Desk, { name, within }: Place): string | null {
  const given = within ? null : assignment.given(name);
  return typeof given === "string" && given.length <= 300 ? plain(given, 40) || null : null;
}

/** The headings of a list, in the order of an article. The last phrase closes an article, so a list does not get it. */
function headingFor(desk: Desk, { within }: Place): string {
  const headings = desk.all("heading").map(capitalised);
  const closing = headings.pop() ?? "";
  if (!within) return givenHeading(desk.assignment) ?? closing;
  const heading = headings[Math.floor((within.index * headings.length) / within.size)] ?? "";
  return within.size > headings.length ? `${heading} ${within.index + 1}` : heading;
}

/** The heading of the data block, with the focus keyword put before it if it is missing. */
function givenHeading({ heading, subject }: Desk["assignment"]): string | null {
  return heading === null || countPhrase(heading, subject) > 0 ? heading : `${capitalised(subject)}: ${heading}`;
}

function slug({ assignment: { title, subject } }: Desk): string {
  const source = countPhrase(title, subject) > 0 ? title : `${subject} ${title}`;
  const ascii = source
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ");
  return clip(ascii.trim(), 60).split(" ").join("-") || "article";
}

function describe(desk: Desk, { within }: Place): string {
  return within ? desk.pick("goal") : metaDescription(desk);
}

function prose({ assignment, random }: Desk): string {
  return writeProse(assignment, assignment.targetWords ?? 120, random);
}
