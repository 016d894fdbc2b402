type Props = {
  /** Paragraphs with empty lines between, or the lines of a list. */
  text: string | readonly string[];
  /** It is still written. */
  isWritten?: boolean;
};

/** A text in paragraphs, or a list. */
export function Prose({ text, isWritten = false }: Props) {
  if (typeof text !== "string")
    return (
      <ul>
        {text.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
    );
  const paragraphs = text.split(/\n{2,}/);
  return (
    <>
      {paragraphs.map((paragraph, index) => (
        <p key={index} class={isWritten && index === paragraphs.length - 1 ? "writing" : undefined}>
          {paragraph}
        </p>
      ))}
    </>
  );
}
