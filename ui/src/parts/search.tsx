/** Lists that are searched: the box, and the panel of a list that is searched by name. What is in the box is in the URL. */
import { useEffect, type ReactNode } from "react";
import { TextInput } from "@mantine/core";
import IconSearch from "@tabler/icons-react/dist/esm/icons/IconSearch.mjs";
import { useQueryPart, useTyped } from "../frame/range";
import { Empty, Loaded, Panel } from "./page";
import { usePaged, type Pages } from "./table";

export function SearchBox({ label = "Search by name", placeholder = "Name", width = 200 }: { label?: string; placeholder?: string; width?: number }) {
  const [text, setText] = useTyped("search", publicPart);
  return <TextInput size="xs" w={width} aria-label={label} placeholder={placeholder} value={text} onChange={(event) => setText(event.currentTarget.value)} leftSection={<IconSearch size={14} />} autoComplete="off" spellCheck={false} />;
}

/** What of the query string a searched list shows. */
export function useSearch(): string {
  return useQueryPart()[0].get("search") ?? "";
}

/** A page of a list, with the box above it; `empty` stands where there is nothing at all. */
export function SearchedPanel<Row>({ list, tools, empty, children }: { list: Pages<Row> & { error: unknown; refetch: () => unknown }; tools?: ReactNode; empty: ReactNode; children: (rows: Row[]) => ReactNode }) {
  const search = useSearch();
  const paged = usePaged(list);
  const { reset } = paged;
  const hasNothing = list.data !== undefined && !paged.rows.length && !search;
  useEffect(() => reset(), [search]); // a new list begins at its first page
  return (
    <Panel flush foot={paged.foot || undefined}>
      {!hasNothing && <div className="table-tools"><SearchBox /><span className="grow" />{tools}</div>}
      <Loaded query={list} rows={6}>
        {() => (paged.rows.length ? children(paged.rows) : hasNothing ? empty : <Empty title="Nothing matches">The search looks at the beginning of names. Try a shorter one, or empty the box to see all.</Empty>)}
      </Loaded>
    </Panel>
  );
}

/** What may be kept, shown and sent of a pasted token: its public id. */
function publicPart(text: string): string {
  const match = /^(tw[a-z]_[0-9A-Za-z]{12})[0-9A-Za-z…]+$/.exec(text.trim());
  return match ? match[1].slice(4) : text;
}
