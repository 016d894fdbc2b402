import { clip, type Language, phrase } from "../text.ts";

/** The subject, if the request leaves nothing readable to call it by. */
export const nameless: Record<Language, string> = { en: "this subject", de: "Alltag", ja: "このテーマ" };

/** What a title may begin with before it comes to its subject. */
const leads: Record<Language, RegExp[]> = {
  en: [
    /^how to \S+ (?:(?:a|an|the|your|my|with) )?(?=\S)/i,
    /^(?:why|what|when|how) (?:is|are|do|does|to) (?:you )?(?=\S)/i,
    /^(?:an?|the) (?:\S+ )?(?:guide|introduction) (?:to|for) (?=\S)/i,
    /^(?:the )?(?:\d+ )?best (?:\S+ )?(?:tips|ways|ideas) (?:for|to) (?=\S)/i,
    /^(?:an?|the|your|getting started with|understanding) (?=\S)/i,
  ],
  de: [
    /^(?:wie man|so|warum|was ist|was sind) (?:(?:ein|eine|einen|der|die|das) )?(?=\S)/i,
    /^(?:der|die|das) (?=\S)/i,
  ],
  ja: [],
};

/** Words with which a shortened subject may not end. */
const dangling = new Set(
  "a an the of for to in on at with and or without from by your its der die das ein eine für mit und oder im in von zu".split(
    " ",
  ),
);

/** The few words of a title that name its subject: "How to descale an espresso machine" gives "espresso machine". */
export function subjectOf(title: string, language: Language): string {
  const head = title.split(/: | [–—-] |[?(]/, 1)[0] ?? "";
  const core = leads[language].reduce((rest, lead) => rest.replace(lead, ""), head);
  const words = core.split(" ").slice(0, 5).join(" ");
  return phrase(clip(withoutDangling(words), 60));
}

/** Drops words at the end after which another must follow, such as "for" or "the". */
export function withoutDangling(text: string): string {
  const words = text.split(" ");
  while (words.length > 1 && dangling.has(words.at(-1)?.toLowerCase() ?? "")) words.pop();
  return words.join(" ");
}

/** What a request may begin with, when it does not say "about". */
const command =
  /^(?:please )?(?:write|draft|create|generate|explain|describe)\b(?: me)?(?: an?\b| some\b| the\b)?(?: short\b| long\b| blog\b)?(?: article\b| text\b| post\b| essay\b)?(?: on\b)?/i;

const length = /,?\s?(?:in |of |with )?(?:an? )?(?:about |around |roughly )?\d{1,5}[ -]{1,2}words?\b/i;

/** The topic of a request in plain words: what follows "about" in its first line, or the line itself. */
export function topicOfLine(user: string): string {
  const line = user.slice(0, 4_000).trimStart().split("\n", 1)[0] ?? "";
  const rest = line.replace(length, "");
  const about = rest.toLowerCase().indexOf(" about ");
  return phrase(about === -1 ? rest.replace(command, "") : rest.slice(about + 7));
}
