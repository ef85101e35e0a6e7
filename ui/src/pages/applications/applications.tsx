/** Applications: owners of tokens, with limits they share. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { Link, useLocation } from "wouter";
import IconApps from "@tabler/icons-react/dist/esm/icons/IconApps.mjs";
import { switchApplication, useApplicationList } from "../../api/applications";
import { useRights } from "../../api/rights";
import { useUsage } from "../../api/usage";
import type { Application } from "../../api/types";
import { useRange } from "../../frame/range";
import { count, money } from "../../format/numbers";
import { limitsInWords } from "../../parts/limits";
import { BulkSwitch } from "../../parts/bulk_switch";
import { Empty, Page } from "../../parts/page";
import { SearchedPanel, useSearch } from "../../parts/search";
import { Table, type Column } from "../../parts/table";
import { State, When } from "../../parts/words";
import { ApplicationForm } from "./form";

export default function Applications() {
  const applications = useApplicationList(useSearch());
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const range = useRange();
  const sums = useUsage(range, { by: ["application"], limit: 500 });
  const { may } = useRights();
  const [isNew, setNew] = useState(false);
  const [, go] = useLocation();
  const rowOf = (id: string) => sums.data?.rows.find((row) => row.keys.application === id);
  const columns: Column<Application>[] = [
    { id: "name", title: "Name", isFixed: true, show: (item) => <Link href={`/applications/${item.id}`}>{item.name}</Link> },
    { id: "state", title: "State", show: (item) => <State value={item.state} /> },
    { id: "limits", title: "Shared limits", show: (item) => <span className="soft limits-words" title={limitsInWords(item.limits)}>{limitsInWords(item.limits)}</span> },
    { id: "calls", title: `Calls, ${range.label.toLowerCase()}`, isEnd: true, show: (item) => count(rowOf(item.id)?.calls ?? 0) },
    { id: "cost", title: "Cost", isEnd: true, show: (item) => money(rowOf(item.id)?.cost_usd ?? "0") },
    { id: "created", title: "Created", show: (item) => <When value={item.created_at} /> },
  ];
  return (
    <Page title="Applications" lead="An application owns tokens. Its limits and budgets are shared by all of them, and switching it off stops them all." acts={may("applications.write") && <Button onClick={() => setNew(true)}>New application</Button>}>
      <SearchedPanel list={applications} empty={(
        <Empty icon={<IconApps size={30} stroke={1.4} />} title="No application yet" act={may("applications.write") && <Button size="sm" onClick={() => setNew(true)}>Create the first application</Button>}>
          Tokens work without one. An application is worth it when several tokens belong together: they share its budget, and one switch stops them all.
        </Empty>
      )}>
        {(items) => (
          <>
            <BulkSwitch noun="application" picked={items.filter((item) => chosen.has(item.id))} clear={() => setChosen(new Set())} turn={switchApplication} stale={["applications"]} />
            <Table label="Applications" columns={columns} rows={items} keyOf={(item) => item.id} hrefOf={(item) => `/applications/${item.id}`} selection={may("applications.write") ? { chosen, set: setChosen, nameOf: (key) => items.find((item) => item.id === key)?.name ?? key } : undefined} />
          </>
        )}
      </SearchedPanel>
      {isNew && <ApplicationForm close={() => setNew(false)} done={(made) => go(`/applications/${made.id}`)} />}
    </Page>
  );
}
