import { type ComponentChildren, toChildArray } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { address } from "../state/address.ts";

type Props = { label: string; class?: string; children: ComponentChildren };

/** Links in a row, which scrolls sideways where it has no room. The one that is shown is kept in sight. */
export function Links({ label, class: kind = "", children }: Props) {
  const row = useRef<HTMLElement>(null);
  const { href } = address.value;
  const count = toChildArray(children).length;
  useEffect(() => {
    const current = row.current?.querySelector<HTMLElement>("[aria-current]");
    if (!row.current || !current) return;
    const { left, width } = current.getBoundingClientRect();
    const around = row.current.getBoundingClientRect();
    row.current.scrollLeft += left + width / 2 - (around.left + around.width / 2);
  }, [href, count]);
  return (
    <nav ref={row} class={`sideways ${kind}`} aria-label={label}>
      {children}
    </nav>
  );
}
