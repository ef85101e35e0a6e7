/** The frame of every table of things. Apart from what tables can do: the first page has only this. */
import type { ReactNode } from "react";

/** What a table is in. On a phone each of its rows is a card: the first cell on top, then the others after their `data-label`.
    The roles say what the elements are also where they are laid out as something else. */
export function Rows({ label, isLinks, children }: { label: string; isLinks?: boolean; children: ReactNode }) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table role="table" className={isLinks ? "table table-cards table-links" : "table table-cards"}>{children}</table>
    </div>
  );
}
