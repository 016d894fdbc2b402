import { useState } from "preact/hooks";
import { PageTitle } from "./parts/page-title.tsx";
import { keepKey, refusal } from "./state/session.ts";

/** Asks for the key that the service wants. What stood in its place is shown again when it has one. */
export function KeyPrompt() {
  const [key, setKey] = useState("");
  const said = refusal.value;
  return (
    <form
      class="card key-prompt"
      onSubmit={(event) => {
        event.preventDefault();
        keepKey(key.trim());
      }}
    >
      <PageTitle>A key is needed</PageTitle>
      <p>It is kept for this tab alone, until the tab is closed. An operator makes one with:</p>
      <p>
        <code>npm run keys -- create --tenant acme</code>
      </p>
      <div class="field">
        <label for="api-key">Key</label>
        <input
          id="api-key"
          type="password"
          autocomplete="off"
          required
          placeholder="glly_…"
          value={key}
          aria-describedby={said ? "api-key-said" : undefined}
          aria-invalid={said ? true : undefined}
          onInput={({ currentTarget }) => setKey(currentTarget.value)}
        />
        {said && (
          <p id="api-key-said" class="field-error" role="alert">
            {said}
          </p>
        )}
      </div>
      <button type="submit" class="button primary">
        Open
      </button>
    </form>
  );
}
