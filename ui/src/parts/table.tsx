/** A table of things: columns that can be chosen, rows that lead somewhere, selection for bulk acts, keyset pages. */
import { useState, type MouseEvent, type ReactNode } from "react";
import { useLocation } from "wouter";
import { ActionIcon, Button, Checkbox, Menu, Tooltip } from "@mantine/core";
import IconChevronLeft from "@tabler/icons-react/dist/esm/icons/IconChevronLeft.mjs";
import IconChevronRight from "@tabler/icons-react/dist/esm/icons/IconChevronRight.mjs";
import IconColumns from "@tabler/icons-react/dist/esm/icons/IconColumns3.mjs";
import { Rows } from "./rows";

export type Column<Row> = { id: string; title: string; show: (row: Row) => ReactNode; isEnd?: boolean; isHidden?: boolean; isFixed?: boolean };
export type Selection = { chosen: Set<string>; set: (chosen: Set<string>) => void; nameOf: (key: string) => string };

export function Table<Row>({ label, columns, rows, keyOf, hrefOf, isNew, selection }: {
  label: string; columns: Column<Row>[]; rows: Row[]; keyOf: (row: Row) => string; hrefOf?: (row: Row) => string; isNew?: (row: Row) => boolean; selection?: Selection;
}) {
  const [, go] = useLocation();
  const open = (event: MouseEvent, row: Row) => {
    if (!hrefOf || (event.target as HTMLElement).closest("a, button, input, label") || getSelection()?.toString()) return;
    if (event.ctrlKey || event.metaKey) window.open(hrefOf(row));
    else go(hrefOf(row));
  };
  const keys = rows.map(keyOf);
  const isAll = keys.length > 0 && keys.every((key) => selection?.chosen.has(key));
  const toggle = (wanted: string[], isOn: boolean) => {
    const next = new Set(selection!.chosen);
    for (const key of wanted) {
      if (isOn) next.add(key);
      else next.delete(key);
    }
    selection!.set(next);
  };
  return (
    <Rows label={label} isLinks={Boolean(hrefOf)}>
      <thead role="rowgroup">
        <tr role="row">
          {selection && (
            <th scope="col" role="columnheader" style={{ width: 36 }}>
              <Checkbox size="xs" aria-label="Select all on this page" checked={isAll} indeterminate={!isAll && keys.some((key) => selection.chosen.has(key))} onChange={(event) => toggle(keys, event.currentTarget.checked)} />
            </th>
          )}
          {columns.map((column) => <th key={column.id} scope="col" role="columnheader" className={column.isEnd ? "end" : undefined}>{column.title}</th>)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => {
          const key = keyOf(row);
          return (
            <tr key={key} role="row" onClick={(event) => open(event, row)} data-new={isNew?.(row) || undefined}>
              {selection && <td role="cell" className="table-pick"><Checkbox size="xs" aria-label={`Select ${selection.nameOf(key)}`} checked={selection.chosen.has(key)} onChange={(event) => toggle([key], event.currentTarget.checked)} /></td>}
              {columns.map((column, at) => <td key={column.id} role="cell" data-label={at === 0 || column.title === BUTTONS ? undefined : column.title} className={column.title === BUTTONS ? "end table-acts" : column.isEnd ? "end" : undefined}>{column.show(row)}</td>)}
            </tr>
          );
        })}
      </tbody>
    </Rows>
  );
}

/** The title of a column of buttons, which say themselves what they are. */
const BUTTONS = "Acts";

/** The columns to show, chosen by the reader and remembered in the browser, with the menu to choose them. */
export function useColumns<Row>(name: string, all: Column<Row>[]): { columns: Column<Row>[]; menu: ReactNode } {
  const storage = `tollway-columns-${name}`;
  const [hidden, setHidden] = useState<string[]>(() => {
    try {
      return JSON.parse(localStorage.getItem(storage) ?? "null") ?? all.filter((column) => column.isHidden).map((column) => column.id);
    } catch {
      return [];
    }
  });
  const toggle = (id: string) => {
    const next = hidden.includes(id) ? hidden.filter((entry) => entry !== id) : [...hidden, id];
    setHidden(next);
    localStorage.setItem(storage, JSON.stringify(next));
  };
  const menu = (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target><Tooltip label="Columns"><ActionIcon size="lg" aria-label="Choose columns"><IconColumns size={17} /></ActionIcon></Tooltip></Menu.Target>
      <Menu.Dropdown>
        {all.filter((column) => !column.isFixed).map((column) => (
          <Menu.Item key={column.id} role="menuitemcheckbox" aria-checked={!hidden.includes(column.id)} onClick={() => toggle(column.id)} leftSection={<span className="menu-tick">{hidden.includes(column.id) ? "" : "✓"}</span>}>
            {column.title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
  return { columns: all.filter((column) => column.isFixed || !hidden.includes(column.id)), menu };
}

/** A list that is read page by page. */
export type Pages<Row> = { data: { pages: { items: Row[] }[] } | undefined; hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };

/** One page at a time of a keyset-paged list: constant size on screen however long the list is. */
export function usePaged<Row>(query: Pages<Row>): { rows: Row[]; at: number; reset: () => void; foot: ReactNode } {
  const [wanted, setAt] = useState(0);
  const pages = query.data?.pages ?? [];
  const at = Math.min(wanted, Math.max(0, pages.length - 1));
  const hasNext = at + 1 < pages.length || query.hasNextPage;
  const next = async () => {
    if (at + 1 >= pages.length) await query.fetchNextPage();
    setAt(at + 1);
  };
  const rows = pages[at]?.items ?? [];
  const foot = (at > 0 || hasNext) && (
    <>
      <span className="grow">Page {at + 1}</span>
      <Button variant="default" disabled={at === 0} onClick={() => setAt(at - 1)} leftSection={<IconChevronLeft size={14} />}>Previous</Button>
      <Button variant="default" disabled={!hasNext} loading={query.isFetchingNextPage} onClick={() => void next()} rightSection={<IconChevronRight size={14} />}>Next</Button>
    </>
  );
  return { rows, at, reset: () => setAt(0), foot };
}

/** A filter that is set, with a button to take it away. `words` says what it is set to where that is no plain text. */
export function Chip({ label, value, words, clear }: { label: string; value: ReactNode; words?: string; clear: () => void }) {
  return (
    <span className="chip">
      <span className="clip"><span className="muted">{label}</span> {value}</span>
      <button type="button" onClick={clear} aria-label={`Remove the filter ${label} ${words ?? (typeof value === "string" ? value : "")}`}>×</button>
    </span>
  );
}
