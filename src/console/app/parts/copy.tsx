import { useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

type Props = {
  text: string;
  /** What of it, or as what, for those who do not see where the button stands. */
  of: string;
};

/** A button that puts a text on the clipboard. A page that has come over plain HTTP from another machine has none: there is no button. */
export function Copy({ text, of }: Props) {
  const [isCopied, setCopied] = useState(false);
  if (!navigator.clipboard) return null;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button type="button" class="button small" onClick={() => void copy()}>
      <Icon name={isCopied ? "check" : "copy"} />
      {isCopied ? "Copied" : "Copy"}
      <span class="hidden"> {of}</span>
    </button>
  );
}
