/** Providers: the configured accounts, with what their calls say about them. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import IconCloud from "@tabler/icons-react/dist/esm/icons/IconCloud.mjs";
import { useGateway } from "../../api/gateway";
import { useUsage } from "../../api/usage";
import { switchProvider, useProviderList } from "../../api/upstreams";
import { useRights } from "../../api/rights";
import type { Provider } from "../../api/types";
import { useRange } from "../../frame/range";
import { count, duration, money, percent, plural } from "../../format/numbers";
import { BulkSwitch } from "../../parts/bulk_switch";
import { Empty, Page } from "../../parts/page";
import { SearchedPanel, useSearch } from "../../parts/search";
import { Table, useColumns, type Column } from "../../parts/table";
import { Health } from "../../parts/health";
import { Test } from "./test";

export default function Providers() {
  const providers = useProviderList(useSearch());
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const range = useRange();
  const { may, reaches } = useRights();
  const sandbox = useGateway().data?.sandbox;
  const sums = useUsage(range, { by: ["provider"] });
  const rowOf = (provider: Provider) => sums.data?.rows.find((row) => row.keys.provider === provider.id);
  const all: Column<Provider>[] = [
    { id: "name", title: "Name", isFixed: true, show: (item) => <Link href={`/providers/${item.id}`}>{item.name}</Link> },
    { id: "kind", title: "Kind", show: (item) => item.kind },
    { id: "environment", title: "For", show: (item) => <span className="tag">{item.environment}</span> },
    { id: "team", title: "Team", isHidden: true, show: (item) => item.team_name ?? <span className="muted">none</span> },
    { id: "state", title: "State", show: (item) => <Health provider={item} /> },
    { id: "keys", title: "Keys", show: (item) => (item.keys.length ? <span className="mono nowrap">{item.keys.map((key) => key.masked || key.source).join(", ")}</span> : <span className="muted">none</span>) },
    { id: "models", title: "Models", show: (item) => (item.models.some((model) => model.name === "*") ? "all known" : plural(item.models.length, "model")) },
    { id: "priority", title: "Priority", isEnd: true, isHidden: true, show: (item) => item.priority },
    { id: "calls", title: `Calls, ${range.label.toLowerCase()}`, isEnd: true, show: (item) => count(rowOf(item)?.calls ?? 0) },
    { id: "errors", title: "Errors", isEnd: true, show: (item) => { const row = rowOf(item); return row ? percent((row.server_errors / Math.max(1, row.calls)) * 100) : "–"; } },
    { id: "p95", title: "p95", isEnd: true, show: (item) => duration(rowOf(item)?.duration_p95_ms) },
    { id: "cost", title: "Cost", isEnd: true, show: (item) => money(rowOf(item)?.cost_usd ?? "0") },
    { id: "test", title: "Test", isFixed: true, show: (item) => (reaches("providers.write", item.team_id) ? <Test provider={item} isSmall /> : null) },
  ];
  const { columns, menu } = useColumns("providers", all);
  return (
    <Page title="Providers" lead="Where AI calls are sent. Applications never see these keys; they present their own tokens." acts={may("providers.write") && <Button component={Link} href="/providers/new">Add a provider</Button>}>
      <SearchedPanel list={providers} tools={menu} empty={(
        <Empty icon={<IconCloud size={30} stroke={1.4} />} title="No provider yet" act={may("providers.write") && <Button component={Link} size="sm" href="/providers/new">Add the first provider</Button>}>
          Paste a vendor's key, or the address of your own OpenAI-compatible server.{sandbox ? " Until then the built-in sandbox answers, offline and at no cost." : ""}
        </Empty>
      )}>
        {(items) => (
          <>
            <BulkSwitch noun="provider" picked={items.filter((item) => chosen.has(item.id))} clear={() => setChosen(new Set())} turn={switchProvider} stale={["providers", "models"]} />
            <Table label="Providers" columns={columns} rows={items} keyOf={(item) => item.id} hrefOf={(item) => `/providers/${item.id}`} selection={may("providers.write") ? { chosen, set: setChosen, nameOf: (key) => items.find((item) => item.id === key)?.name ?? key } : undefined} />
          </>
        )}
      </SearchedPanel>
    </Page>
  );
}
