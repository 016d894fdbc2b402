/** What PostgreSQL said last, in one line. */
export function lastWords(text: string): string {
  return inOneLine(lines(text).slice(-3));
}

/** What went wrong first, in one line: the rest tends to follow from it. */
export function firstComplaint(text: string): string {
  const all = lines(text);
  const first = all.findIndex((line) => /\b(?:FATAL|PANIC|ERROR|error):/.test(line));
  return first < 0 ? lastWords(text) : inOneLine(all.slice(first, first + 2));
}

function lines(text: string): string[] {
  return text.trim().split("\n");
}

function inOneLine(some: string[]): string {
  return some.map((line) => line.replace(/^[-\d]+ [:.\d]+ \w+ \[\d+\] /, "").trim()).join(" / ");
}
