import { handleOf, hasPhrase } from "../../text/handle.ts";
import { type Check, hasFocus, notApplicable, passIf } from "./finding.ts";

const lengthOf = (text: string, fewest: number, most: number) =>
  passIf(text.length >= fewest && text.length <= most, text.length);

/** What search results show: title, description, address. */
export const headChecks: readonly Check[] = [
  {
    id: "title_length",
    weight: 6,
    expected: "30 to 60 characters",
    hint: "Search results cut a longer title off, and a shorter one says too little.",
    find: ({ metaTitle }) => lengthOf(metaTitle, 30, 60),
  },
  {
    id: "title_has_focus",
    weight: 8,
    expected: "the focus keyword",
    hint: "Put the focus keyword into the title, near its beginning.",
    find: (article) => hasFocus(article.metaTitle, article),
  },
  {
    id: "meta_length",
    weight: 5,
    expected: "120 to 160 characters",
    hint: "Use the room that search results give a description, and no more.",
    find: ({ metaDescription }) => lengthOf(metaDescription, 120, 160),
  },
  {
    id: "meta_has_focus",
    weight: 5,
    expected: "the focus keyword",
    hint: "Use the focus keyword in the description.",
    find: (article) => hasFocus(article.metaDescription, article),
  },
  {
    id: "handle_has_focus",
    weight: 4,
    expected: "the focus keyword, at most 75 characters",
    hint: "Use the focus keyword in the address and keep it short.",
    find({ handle, focusKeyword, language }) {
      const focus = handleOf(focusKeyword, language);
      return focus === "" ? notApplicable : passIf(hasPhrase(handle, focus) && handle.length <= 75, handle);
    },
  },
];
