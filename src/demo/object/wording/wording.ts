type List = readonly [string, ...string[]];

/** The phrases of one language that the fields of an object are filled with. `{s}` is the subject. */
export type Wording = {
  title: List;
  /** In the order of an article. The first of them name the subject. */
  heading: List;
  goal: List;
  keyPoint: List;
  question: List;
  keyword: List;
  tag: List;
  audience: List;
  tone: List;
  angle: List;
  /** What a careful text does not claim. */
  avoid: List;
  fact: List;
  cta: List;
  description: List;
  /** Short sentences with which a description comes to its length. */
  extra: List;
  /** For everything else. */
  note: List;
};
