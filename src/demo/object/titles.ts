import { withoutDangling } from "../assignment/subject.ts";
import { capitalised, clip, countPhrase } from "../text.ts";
import type { Desk } from "./desk.ts";

/** What a search result shows of a title. */
const maxTitle = 60;

/** The title that was given, in a length that a title should have. */
export function titleFor(desk: Desk): string {
  return titleOfLength(desk, desk.assignment.language === "ja" ? 10 : 30);
}

/** Like the title, and with the focus keyword in it where there is room. */
export function metaTitle(desk: Desk): string {
  const { subject } = desk.assignment;
  const title = titleOfLength(desk, 30);
  if (countPhrase(title, subject) > 0) return title;
  const withSubject = [`${capitalised(subject)}: ${title}`, ...desk.all("title").map(capitalised)];
  return withSubject.find(({ length }) => length <= maxTitle) ?? title;
}

function titleOfLength({ assignment: { title }, all }: Desk, min: number): string {
  if (title.length >= min && title.length <= maxTitle) return capitalised(title);
  if (title.length > maxTitle) return capitalised(shortened(title));
  const candidates = all("title").map(capitalised);
  return candidates.find(({ length }) => length >= min && length <= maxTitle) ?? shortened(candidates[0] ?? title);
}

/** 120 to 156 characters. */
export function metaDescription({ all }: Desk): string {
  const candidates = all("description").map((lead) => all("extra").reduce(filledUp, lead));
  const fitting = candidates.find(({ length }) => length >= 120 && length <= 156);
  return fitting ?? `${clip(candidates[0] ?? "", 155)}.`;
}

function filledUp(text: string, extra: string): string {
  const longer = `${text}${text.endsWith("。") ? "" : " "}${extra}`;
  return text.length < 120 && longer.length <= 156 ? longer : text;
}

function shortened(title: string): string {
  const head = title.split(": ", 1)[0] ?? "";
  return head.length >= 20 && head.length <= maxTitle ? head : withoutDangling(clip(title, maxTitle));
}
