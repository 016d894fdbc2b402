import { texts } from "../assignment/assignment.ts";
import { plain } from "../text.ts";
import { type Desk, type Place, singular } from "./desk.ts";
import { idOf } from "./texts.ts";

/** What a list of strings begins with, and whether that is all of it. */
export type Starters = { first: string[]; isAll: boolean };

/**
 * What the data block gives for a list of strings. Where the list belongs to an entry of another list, every
 * entry gets its share, so that no text comes twice.
 */
export function startersOf(desk: Desk, { name, within }: Place): Starters {
  const { assignment, products } = desk;
  const kind = singular(name);
  const shared = (items: string[]) => items.filter((_, at) => !within || at % within.size === within.index);
  const ifAny = (items: string[]) => ({ first: shared(items), isAll: items.length > 0 });

  // Ids are taken from the data block alone: an invented one would refer to nothing.
  if (kind === "productid") return { ...ifAny(products.map(idOf).filter((id) => id !== null)), isAll: true };
  if (/(?:^|_)ids?$|Ids?$/.test(name)) return { first: [], isAll: true };
  if (kind === "secondarykeyword" || kind === "tag") return { first: assignment.keywords, isAll: false };
  if (kind === "keyword" && within) return ifAny(assignment.keywords);
  if (kind === "keypoint" && within) return { first: shared(lines(assignment.given("mustCover"))), isAll: false };
  if (kind === "fact" && within && singular(within.list).startsWith("product")) {
    return { first: lines(products[within.index]?.facts), isAll: true };
  }
  return ifAny(lines(assignment.given(name)));
}

function lines(value: unknown): string[] {
  return texts(value, (text) => plain(text, 40));
}
