import { between, type Random } from "../random.ts";
import type { Sentence } from "./sentences.ts";

const maxWordsInParagraph = 100;

/** Sets sentences into paragraphs, and counts their words and mentions of the subject. */
export class Page {
  words = 0;
  mentions = 0;
  readonly #separator: string;
  readonly #random: Random;
  readonly #blocks: string[] = [];
  #paragraph: Sentence[] = [];
  #length: number;
  #untilList = 2;

  constructor(separator: string, random: Random) {
    this.#separator = separator;
    this.#random = random;
    this.#length = between(3, 5, random);
  }

  /** Where in its paragraph the next sentence will be. */
  get place(): "first" | "middle" | "last" {
    const sentences = this.#paragraph.length;
    if (sentences === 0 || sentences >= this.#length) return "first";
    return sentences === this.#length - 1 ? "last" : "middle";
  }

  add(sentence: Sentence): void {
    const words = this.#paragraph.reduce((sum, one) => sum + one.words, sentence.words);
    if (this.#paragraph.length >= this.#length || words > maxWordsInParagraph) this.#endParagraph();
    this.#paragraph.push(sentence);
    this.#count(sentence);
  }

  /** Whether a list should come next: after the second paragraph, then every five to seven paragraphs. */
  wantsList(): boolean {
    return this.place === "first" && this.#untilList <= 1;
  }

  addList(intro: Sentence, items: Sentence[]): void {
    this.#endParagraph();
    this.#blocks.push(intro.text, items.map(({ text }) => `- ${text}`).join("\n"));
    for (const sentence of [intro, ...items]) this.#count(sentence);
    this.#untilList = between(5, 7, this.#random);
  }

  toString(): string {
    this.#endParagraph();
    return this.#blocks.join("\n\n");
  }

  #endParagraph(): void {
    if (this.#paragraph.length === 0) return;
    this.#blocks.push(this.#paragraph.map(({ text }) => text).join(this.#separator));
    this.#paragraph = [];
    this.#length = between(3, 5, this.#random);
    this.#untilList -= 1;
  }

  #count({ words, mentions }: Sentence): void {
    this.words += words;
    this.mentions += mentions;
  }
}
