import slugify from "@sindresorhus/slugify";

const maxLength = 75;

/** A text in the letters of an address: `groesse-und-farbe`. Empty for a text that has none, such as Japanese. */
export function handleOf(text: string, language: string): string {
  const handle = slugify(text, {
    locale: language,
    decamelize: false,
    // By default slugify replaces "&" by the English "and".
    ...(language.startsWith("en") ? {} : { customReplacements: [["&", " "]] }),
  });
  if (handle.length <= maxLength) return handle;
  const cut = handle.slice(0, maxLength + 1);
  const hyphen = cut.lastIndexOf("-");
  return hyphen > 0 ? cut.slice(0, hyphen) : handle.slice(0, maxLength);
}

/**
 * The handle of a text: the first of the candidates that has the focus keyword in it, else the first that has Latin
 * letters, else the language and the last eight characters of the job's id.
 */
export function chooseHandle(
  candidates: string[],
  { focusKeyword, language, jobId }: { focusKeyword: string; language: string; jobId: string },
): string {
  const handles = candidates.map((text) => handleOf(text, language)).filter((handle) => handle !== "");
  const focus = handleOf(focusKeyword, language);
  const found = focus === "" ? undefined : handles.find((handle) => hasPhrase(handle, focus));
  return found ?? handles[0] ?? `${language.toLowerCase()}-${jobId.slice(-8)}`;
}

/** Whether a handle has the words of `phrase`, another handle, in it, side by side. */
export const hasPhrase = (handle: string, phrase: string): boolean => `-${handle}-`.includes(`-${phrase}-`);
