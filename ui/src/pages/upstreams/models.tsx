/** Models by the name callers use, with who offers them at what price; and those called without a known price. */
import { useMemo, useState } from "react";
import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "wouter";
import IconSparkles from "@tabler/icons-react/dist/esm/icons/IconSparkles.mjs";
import { useRights } from "../../api/rights";
import { useModels, useUnpriced } from "../../api/upstreams";
import type { Model } from "../../api/types";
import { useQueryPart } from "../../frame/range";
import { count, money, plural } from "../../format/numbers";
import { Empty, Loaded, Page, Panel } from "../../parts/page";
import { SearchBox } from "../../parts/search";
import { Table, useColumns, type Column } from "../../parts/table";
import { Ago, Copy } from "../../parts/words";

const SHOWN = 100;
/** What a provider offers that passes on whatever name it is asked for. */
const ANY = "*";

export default function Models() {
  const [params, change] = useQueryPart();
  const view = params.get("view") === "unpriced" ? "unpriced" : "all";
  return (
    <Page title="Models" lead="Names that callers may use, who offers them in which order, and the price of a million tokens."
      acts={<SegmentedControl size="xs" aria-label="View" value={view} onChange={(next) => change({ view: next === "all" ? null : next })} data={[{ value: "all", label: "Catalogue" }, { value: "unpriced", label: "Called without a price" }]} />}>
      {view === "all" ? <Catalogue /> : <WithoutPrice />}
    </Page>
  );
}

const COLUMNS: Column<Model>[] = [
  { id: "name", title: "Model", isFixed: true, show: (model) => (model.name === ANY ? <span title="Passed on to the provider as it was asked for">any other name</span> : <span className="row"><b className="mono nowrap">{model.name}</b><Copy text={model.name} label={`Copy ${model.name}`} /></span>) },
  { id: "providers", title: "Offered by, in order", show: (model) => model.candidates.map((candidate, index) => <span key={candidate.provider_id + index}>{index > 0 && ", "}<Link href={`/providers/${candidate.provider_id}`}>{candidate.provider_name}</Link>{candidate.upstream_model !== model.name && candidate.upstream_model !== ANY && <span className="muted"> as {candidate.upstream_model}</span>}</span>) },
  { id: "in", title: "Input, $ per million", isEnd: true, show: (model) => <Prices model={model} part="input_usd_per_million" /> },
  { id: "cached", title: "Cached input", isEnd: true, show: (model) => <Prices model={model} part="cached_input_usd_per_million" /> },
  { id: "out", title: "Output", isEnd: true, show: (model) => <Prices model={model} part="output_usd_per_million" /> },
  { id: "source", title: "Price from", show: (model) => [...new Set(model.candidates.map((candidate) => candidate.price?.source ?? (model.name === ANY ? "by the name asked for" : "no price")))].join(", ") },
];

function Prices({ model, part }: { model: Model; part: "input_usd_per_million" | "output_usd_per_million" | "cached_input_usd_per_million" }) {
  const prices = [...new Set(model.candidates.map((candidate) => (candidate.price ? (candidate.price[part] === null ? "–" : money(candidate.price[part])) : model.name === ANY ? "–" : "unpriced")))];
  return <span className="nowrap">{prices.join(" / ")}</span>;
}

function Catalogue() {
  const { may } = useRights();
  const models = useModels();
  const [params] = useQueryPart();
  const search = params.get("search") ?? "";
  const [shown, setShown] = useState(SHOWN);
  const { columns, menu } = useColumns("models", COLUMNS);
  const found = useMemo(() => (models.data?.items ?? []).filter((model) => model.name.toLowerCase().includes(search.toLowerCase())).sort((one, other) => Number(one.name === ANY) - Number(other.name === ANY)), [models.data, search]);
  return (
    <Panel flush foot={found.length > shown && <Button variant="default" onClick={() => setShown(shown + 400)}>Show more of {plural(found.length, "model")}</Button>}>
      <div className="table-tools">
        <SearchBox label="Search models" placeholder="Model name" width={260} />
        <span className="muted">{models.data && plural(found.length, "model")}</span>
        <span className="grow" />
        {menu}
      </div>
      <Loaded query={models} rows={8}>
        {(all) =>
          found.length ? (
            <Table label="Models" columns={columns} rows={found.slice(0, shown)} keyOf={(model) => model.name} />
          ) : all.items.length ? (
            <Empty title="No model matches">Names are compared letter by letter; try a shorter part.</Empty>
          ) : (
            <Empty icon={<IconSparkles size={30} stroke={1.4} />} title="No model yet" act={may("providers.write") && <Button component={Link} size="sm" href="/providers/new">Add a provider</Button>}>Models come with providers: add one, and what it offers is listed here with prices.</Empty>
          )
        }
      </Loaded>
    </Panel>
  );
}

function WithoutPrice() {
  const unpriced = useUnpriced();
  return (
    <Panel flush>
      <Loaded query={unpriced} rows={4}>
        {({ items }) =>
          items.length ? (
            <>
              <Table label="Models called without a price" rows={items} keyOf={(row) => row.provider_id + row.upstream_model} columns={[
                { id: "model", title: "Upstream model", show: (row) => <b className="mono">{row.upstream_model}</b> },
                { id: "provider", title: "Provider", show: (row) => <Link href={`/providers/${row.provider_id}`}>{row.provider_name ?? row.provider_id}</Link> },
                { id: "calls", title: "Calls", isEnd: true, show: (row) => count(row.calls) },
                { id: "last", title: "Last call", show: (row) => <Ago value={row.last_used_at} /> },
              ]} />
              <p className="panel-note" style={{ paddingTop: 10 }}>What these calls cost is unknown, which is not zero. A token with a budget may not use them. Give a price in the provider's configuration: <code>tollway export</code>, add <code>price</code> to the model, <code>tollway apply</code>.</p>
            </>
          ) : (
            <Empty title="Every call had a price">Models that are called without a known price are listed here, so that no cost stays hidden.</Empty>
          )
        }
      </Loaded>
    </Panel>
  );
}
