/** Published REST services: a path of the gateway and where its calls go. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import IconRoute from "@tabler/icons-react/dist/esm/icons/IconRoute.mjs";
import { useUsage } from "../../api/usage";
import { switchService, useServiceList } from "../../api/upstreams";
import { useRights } from "../../api/rights";
import type { Service } from "../../api/types";
import { useRange } from "../../frame/range";
import { count, duration, percent } from "../../format/numbers";
import { BulkSwitch } from "../../parts/bulk_switch";
import { Empty, Page } from "../../parts/page";
import { SearchedPanel, useSearch } from "../../parts/search";
import { Table, type Column } from "../../parts/table";
import { State } from "../../parts/words";

export default function Services() {
  const services = useServiceList(useSearch());
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const range = useRange();
  const { may } = useRights();
  const sums = useUsage(range, { by: ["service"], limit: 500 });
  const rowOf = (id: string) => sums.data?.rows.find((row) => row.keys.service === id);
  const columns: Column<Service>[] = [
    { id: "name", title: "Name", show: (item) => <Link href={`/services/${item.id}`}>{item.name}</Link> },
    { id: "path", title: "Path", show: (item) => <span className="mono nowrap">{item.path_prefix}</span> },
    { id: "to", title: "Sent to", show: (item) => <span className="mono muted nowrap">{item.base_url}</span> },
    { id: "environment", title: "For", show: (item) => <span className="tag">{item.environment}</span> },
    { id: "team", title: "Team", show: (item) => item.team_name ?? <span className="muted">none</span> },
    { id: "state", title: "State", show: (item) => <State value={item.state} /> },
    { id: "calls", title: `Calls, ${range.label.toLowerCase()}`, isEnd: true, show: (item) => count(rowOf(item.id)?.calls ?? 0) },
    { id: "errors", title: "Errors", isEnd: true, show: (item) => { const row = rowOf(item.id); return row ? percent((row.server_errors / Math.max(1, row.calls)) * 100) : "–"; } },
    { id: "p95", title: "p95", isEnd: true, show: (item) => duration(rowOf(item.id)?.duration_p95_ms) },
  ];
  return (
    <Page title="Services" lead="REST APIs behind the gateway: the same tokens, limits and records as AI calls." acts={may("services.write") && <Button component={Link} href="/services/new">Add a service</Button>}>
      <SearchedPanel list={services} empty={(
        <Empty icon={<IconRoute size={30} stroke={1.4} />} title="No service yet" act={may("services.write") && <Button component={Link} size="sm" href="/services/new">Publish the first service</Button>}>
          Choose a path on the gateway, such as /orders, and the address of an API. Calls to that path then need a token of yours, and the API sees its own credential instead.
        </Empty>
      )}>
        {(items) => (
          <>
            <BulkSwitch noun="service" picked={items.filter((item) => chosen.has(item.id))} clear={() => setChosen(new Set())} turn={switchService} stale={["services"]} />
            <Table label="Services" columns={columns} rows={items} keyOf={(item) => item.id} hrefOf={(item) => `/services/${item.id}`} selection={may("services.write") ? { chosen, set: setChosen, nameOf: (key) => items.find((item) => item.id === key)?.name ?? key } : undefined} />
          </>
        )}
      </SearchedPanel>
    </Page>
  );
}
