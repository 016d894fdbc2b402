export type List = readonly [string, ...string[]];

/** What a sentence is for. */
export type Kind =
  | "opening"
  | "about"
  | "heading"
  | "point"
  | "keyword"
  | "link"
  | "detail"
  | "result"
  | "listIntro"
  | "listItem";

/**
 * The sentences of one language. `{s}` is the subject, `{h}` a heading, `{p}` a key point, `{k}` another keyword,
 * `{l}` a link; every other slot is a list of `slots`. Subjects stand where they need no article, number or case.
 */
export type Phrases = Record<Kind, List> & { slots: Readonly<Record<string, List>> };
