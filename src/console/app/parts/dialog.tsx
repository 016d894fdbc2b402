import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

type Props = {
  title: string;
  /** What the button that does it says. None: there is nothing to do but to close. */
  does?: string;
  isBusy?: boolean;
  children: ComponentChildren;
  onSubmit?: () => void;
  /** Also when it was left by the key Escape. */
  onClose(): void;
};

/** A question over the page, as long as it is drawn. The focus goes back to where it came from. */
export function Dialog({ title, does, isBusy, children, onSubmit, onClose }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    shown?.showModal();
    return () => {
      shown?.close();
      before?.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Close
          </button>
          {does && (
            <button type="submit" class="button primary" disabled={isBusy}>
              {does}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
