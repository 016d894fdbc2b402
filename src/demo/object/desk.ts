import type { Assignment } from "../assignment/assignment.ts";
import { isRecord, type JsonRecord } from "../json.ts";
import { deck, type Random } from "../random.ts";
import { wordings } from "./wording/by-language.ts";
import type { Wording } from "./wording/wording.ts";

/** What the fields of one answer are filled from. */
export type Desk = {
  assignment: Assignment;
  random: Random;
  /** Every phrase of a kind, about the subject. */
  all(kind: keyof Wording): string[];
  /** A phrase of a kind. Each comes once before any comes again. */
  pick(kind: keyof Wording): string;
  /** The products of the data block. */
  products: JsonRecord[];
};

/** Where in the answer a value stands. */
export type Place = {
  /** The property, or the one that holds the list that the value is in. */
  name: string;
  /** The list of objects around it, if there is one. */
  within: { list: string; index: number; size: number } | null;
  /** Its index in its own list. */
  item: number;
  depth: number;
  /** Above 0: all other texts are in the list already, so this number is appended to make the text differ. */
  repeat: number;
};

export function openDesk(assignment: Assignment, random: Random): Desk {
  const wording = wordings[assignment.language];
  const decks = new Map<keyof Wording, () => string>();
  const about = (phrase: string) => phrase.split("{s}").join(assignment.subject);
  const products = assignment.given("products");
  return {
    assignment,
    random,
    all: (kind) => wording[kind].map(about),
    pick(kind) {
      const next = decks.get(kind) ?? deck(wording[kind], random);
      decks.set(kind, next);
      return about(next());
    },
    products: Array.isArray(products) ? products.filter(isRecord).slice(0, 20) : [],
  };
}

/** A field name in one spelling: `keyPoints`, `key_points` and `keyPoint` all become `keypoint`. */
export function singular(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z]/g, "")
    .replace(/s$/, "");
}
