/** What a kind of article asks of its writer. */
type Template = {
  /** What the reader should have in the end. */
  purpose: string;
  /** What its sections do, in their usual order. */
  moves: readonly string[];
  opening: string;
  closing: string;
  avoid: string;
};

/** The kinds of article, by the name that a request uses. */
export const templates = {
  article: {
    purpose: "The reader understands the topic and knows what to do with it.",
    moves: [
      "why the topic matters to this reader now",
      "the idea or the facts that everything else rests on",
      "how it works in practice, with an example that can be pictured",
      "what usually goes wrong and how to notice it early",
      "what to decide or do next",
    ],
    opening: "Begin with the situation that brought the reader here, then say what the article settles.",
    closing: "Gather the main points in a few sentences and name one next step.",
    avoid: "A list of everything known about the topic; definitions that no reader needs.",
  },
  "Artist Showcase": {
    purpose: "The reader sees the work with new eyes and wants to see more of it.",
    moves: [
      "the artist and the question their work returns to",
      "materials, technique and how a piece comes about",
      "two or three works, described so that they can be pictured",
      "influences and where the artist stands among others",
      "how to see, follow or own the work",
    ],
    opening: "Begin with one work or one gesture of making, not with a date of birth.",
    closing: "Return to the first image and invite the reader to look for themselves.",
    avoid: "Biography as a list; quotations, exhibitions or prizes that are not among the given facts.",
  },
  "Product Showcase": {
    purpose: "The reader can judge whether the product suits them.",
    moves: [
      "the need that the product answers",
      "what it is and what it is made of",
      "how it is used, from the first day on",
      "for whom it is right and for whom it is not",
      "care, sizes, delivery or what else must be known before buying",
    ],
    opening: "Begin with the need, name the product by the end of the first paragraph.",
    closing: "Say in one sentence for whom it is the right choice and where to find it.",
    avoid: "Superlatives; properties, prices or tests that are not among the given facts.",
  },
  "How-to Guide": {
    purpose: "The reader can do it alone, with this page beside them.",
    moves: [
      "what will be reached, how long it takes and how hard it is",
      "what is needed before the start",
      "the steps in their order, each with how to tell that it worked",
      "what goes wrong most often and how to mend it",
      "how to keep or improve the result",
    ],
    opening: "Say what the reader will have done by the end and what they need for it.",
    closing: "Name the sign of success and what to try next.",
    avoid: "Steps that hide two actions in one; warnings that come after the step they belong to.",
  },
  "Buying Guide": {
    purpose: "The reader can choose with confidence and knows what they may ignore.",
    moves: [
      "what to be clear about before comparing anything",
      "the few properties that decide, each with how to judge it",
      "the kinds on offer and whom each one suits",
      "where spending more pays and where it does not",
      "mistakes that buyers regret",
      "a short checklist for the decision",
    ],
    opening: "Begin with the choice as the reader meets it, then name what decides it.",
    closing: "Sum the choice up as two or three rules that can be remembered.",
    avoid: "Rankings and prices without a given source; pushing one product as right for everybody.",
  },
  "Industry Trends": {
    purpose: "The reader knows what is changing, why, and what it means for them.",
    moves: [
      "what is different today from a short while ago",
      "the forces behind the change",
      "each trend with what it looks like in practice",
      "who gains, who has to adapt",
      "what to do now and what to wait for",
    ],
    opening: "Begin with a change that the reader can already see around them.",
    closing: "Tell what is likely from what is open, and name one thing worth watching.",
    avoid: "Figures, forecasts or studies that are not among the given facts; certainty about the future.",
  },
  "Comparison Article": {
    purpose: "The reader knows which of the options fits them, and why.",
    moves: [
      "what is compared and for whom the question matters",
      "the criteria, fixed before the options are judged",
      "each criterion with all options side by side",
      "a table or list of the differences that count",
      "which option suits which reader",
    ],
    opening: "Name the options and the question that decides between them.",
    closing: "Give a verdict for each kind of reader instead of one winner.",
    avoid: "Different criteria for different options; a verdict that the text has not earned.",
  },
  "Review Article": {
    purpose: "The reader knows the strengths, the weaknesses and for whom it is worth it.",
    moves: [
      "what is reviewed and by which measure",
      "the first impression and what it consists of",
      "its strengths, each with a reason",
      "its weaknesses, just as plainly",
      "alternatives and for whom they are better",
      "the verdict",
    ],
    opening: "Say what is reviewed, for which use, and what the verdict turns on.",
    closing: "Give the verdict in one sentence and name who should look elsewhere.",
    avoid: "Claiming own tests or measurements that are not among the given facts; praise without a reason.",
  },
  "Seasonal Content": {
    purpose: "The reader is ready for the season and enjoys getting ready.",
    moves: [
      "what the season or occasion asks for this time",
      "ideas, from the simple to the special",
      "how to plan it, with what to do when",
      "how to make it personal or affordable",
      "what lasts beyond the season",
    ],
    opening: "Begin with a picture of the season that appeals to one sense.",
    closing: "Encourage the reader to choose one idea and begin with it today.",
    avoid: "Dates of a certain year; customs presented as if everybody shared them.",
  },
  "Problem-Solution": {
    purpose: "The reader recognises their problem and can solve it.",
    moves: [
      "how the problem shows and how to be sure that it is this one",
      "its causes, the most frequent first",
      "the solution that helps most readers, step by step",
      "what to do if that is not enough",
      "how to keep the problem from coming back",
    ],
    opening: "Describe the problem as the reader feels it, then promise only what the article gives.",
    closing: "Name the first thing to try and when to ask for help.",
    avoid: "Fear as an argument; solutions that are offered before the cause is known.",
  },
} as const satisfies Record<string, Template>;

export type TemplateName = keyof typeof templates;

export const templateNames = Object.keys(templates) as [TemplateName, ...TemplateName[]];
