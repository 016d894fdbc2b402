import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../parts/icons.tsx";

/** What is shown this once, and a button that copies it. */
export function Secret({ text }: { text: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => input.current?.focus(), []);
  const copy = async () => {
    input.current?.select();
    // A page that has come over plain HTTP has no clipboard: there it is selected, to be copied by hand.
    await navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  return (
    <div class="field">
      <label for="secret">Copy it now: it is shown this once</label>
      <div class="secret">
        <input
          id="secret"
          ref={input}
          class="code"
          readOnly
          autocomplete="off"
          value={text}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon name={isCopied ? "check" : "copy"} />
          Copy
        </button>
      </div>
      <p role="status" class="said">
        {isCopied && "Copied."}
      </p>
    </div>
  );
}
