/** Usage and cost: any dimension over the time range, as a chart and a table, with CSV. */
import { useMemo } from "react";
import { Button, SegmentedControl, Select } from "@mantine/core";
import { Link } from "wouter";
import IconDownload from "@tabler/icons-react/dist/esm/icons/IconDownload.mjs";
import { useFreshFigures } from "../../api/live";
import { useUsage, usageCsv, type Dimension, type Filters } from "../../api/usage";
import type { UsageRow } from "../../api/types";
import { useQueryPart, useRange } from "../../frame/range";
import { count, duration, money, moneyShort, percent } from "../../format/numbers";
import { ChartPanel, type Chart } from "../../parts/chart";
import { Empty, Loading, Page, Panel, Trouble } from "../../parts/page";
import { Change } from "../../parts/words";
import { Chip, Table, useColumns, type Column } from "../../parts/table";
import { groups } from "../../parts/series";

const DIMENSIONS: Dimension[] = ["model", "provider", "service", "token", "application", "team", "operation", "status", "outcome"];
const MEASURES = { cost: "Spend", calls: "Calls", tokens: "Tokens", errors: "Errors" };
type Measure = keyof typeof MEASURES;
const READ: Record<Measure, (row: UsageRow) => number> = {
  cost: (row) => Number(row.cost_usd),
  calls: (row) => row.calls,
  tokens: (row) => row.input_tokens + row.output_tokens,
  errors: (row) => row.client_errors + row.server_errors,
};
const COLORS = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--chart-good", "--chart-6"];
const PAGES: Partial<Record<Dimension, string>> = { provider: "/providers/", service: "/services/", token: "/tokens/", application: "/applications/" };
const SERIES_MAX = 6;

export default function Usage() {
  useFreshFigures();
  const range = useRange();
  const [params, change] = useQueryPart();
  const by = DIMENSIONS.find((name) => name === params.get("by")) ?? "model";
  const measure = (params.get("measure") ?? "cost") in MEASURES ? ((params.get("measure") ?? "cost") as Measure) : "cost";
  const filters = useMemo(() => Object.fromEntries(DIMENSIONS.map((name) => [name, params.get(name)]).filter(([, value]) => value)) as Filters, [params]);
  const sums = useUsage(range, { by: [by], filters, limit: 500, order: measure });
  const before = useUsage(range, { by: [by], filters, limit: 500, order: measure }, { previous: true });
  const series = useUsage(range, { by: [by], series: true, filters, order: measure, largest: SERIES_MAX });
  const total = useUsage(range, { series: true, filters });
  const read = READ[measure];
  const chart = useMemo((): Chart | undefined => {
    if (!series.data || !total.data) return undefined;
    const grouped = groups(series.data, total.data, by, read);
    return {
      times: grouped.times, kind: "stacked", bucketMs: series.data.bucketMs, format: measure === "cost" ? moneyShort : count, isWhole: measure !== "cost",
      lines: grouped.lines.map((line, index) => ({ ...line, label: line.label === "none" ? `no ${by}` : line.label, color: COLORS[index] })),
    };
  }, [series.data, total.data, by, read, measure]);
  const earlier = useMemo(() => new Map(before.data?.rows.map((row) => [row.keys[by], row])), [before.data, by]);
  const { columns, menu } = useColumns("usage", columnsFor(by, before.data ? earlier : null, read, sums.data?.rows ?? []));
  const rows = useMemo(() => [...(sums.data?.rows ?? [])].sort((a, b) => read(b) - read(a)), [sums.data, read]);
  return (
    <Page
      title="Usage & cost"
      lead={`${range.label}, by ${by}. Cost is exact to a billionth of a dollar; calls without a known price are counted apart.`}
      acts={<Button component="a" variant="default" href={usageCsv(range, { by: [by], filters, order: measure })} download leftSection={<IconDownload size={15} />}>CSV</Button>}
    >
      <div className="row-wrap">
        <Select size="xs" w={150} aria-label="Group by" allowDeselect={false} data={DIMENSIONS.map((name) => ({ value: name, label: `By ${name}` }))} value={by} onChange={(value) => change({ by: value })} />
        <SegmentedControl size="xs" aria-label="Measure" value={measure} onChange={(value) => change({ measure: value })} data={Object.entries(MEASURES).map(([value, label]) => ({ value, label }))} />
        {DIMENSIONS.filter((name) => filters[name]).map((name) => <Chip key={name} label={name} value={filters[name]!} clear={() => change({ [name]: null })} />)}
      </div>
      {series.error ? <Trouble error={series.error} retry={() => void series.refetch()} /> : <ChartPanel title={`${MEASURES[measure]} by ${by}`} chart={chart} empty="Nothing in this time." />}
      <Panel title={`By ${by}`} acts={menu} flush>
        {sums.error && !sums.data ? <div style={{ padding: 16 }}><Trouble error={sums.error} retry={() => void sums.refetch()} /></div> : !sums.data ? <Loading rows={6} /> : rows.length ? (
          <Table label={`Usage by ${by}`} columns={columns} rows={rows} keyOf={(row) => row.keys[by]} />
        ) : (
          <Empty title="No calls in this time">Choose a longer time range above, or remove a filter.</Empty>
        )}
        {sums.data?.isCut && <p className="panel-note">Only the 500 largest are shown; the CSV has up to 10,000.</p>}
      </Panel>
    </Page>
  );
}

function columnsFor(by: Dimension, earlier: Map<string, UsageRow> | null, read: (row: UsageRow) => number, all: UsageRow[]): Column<UsageRow>[] {
  const total = all.reduce((sum, row) => sum + read(row), 0);
  const page = PAGES[by];
  const name = (row: UsageRow) => row.labels[by] || row.keys[by] || `no ${by}`;
  return [
    { id: "name", title: by.charAt(0).toUpperCase() + by.slice(1), isFixed: true, show: (row) => (page && row.keys[by] ? <Link href={page + row.keys[by]}>{name(row)}</Link> : <span>{name(row)}</span>) },
    { id: "calls", title: "Calls", isEnd: true, show: (row) => count(row.calls) },
    { id: "cost", title: "Cost", isEnd: true, show: (row) => (row.unpriced_calls === row.calls ? <span className="muted">unpriced</span> : <>{money(row.cost_usd)}{row.unpriced_calls > 0 && <span className="muted"> + {count(row.unpriced_calls)} unpriced</span>}</>) },
    { id: "in", title: "Tokens in", isEnd: true, show: (row) => count(row.input_tokens) },
    { id: "out", title: "Tokens out", isEnd: true, show: (row) => count(row.output_tokens) },
    { id: "cached", title: "Cached in", isEnd: true, isHidden: true, show: (row) => count(row.cached_input_tokens) },
    { id: "share", title: "Share", isEnd: true, show: (row) => (total ? percent((read(row) / total) * 100) : "–") },
    { id: "change", title: "Change", isEnd: true, show: (row) => earlier && <Change now={read(row)} before={earlier.has(row.keys[by]) ? read(earlier.get(row.keys[by])!) : 0} goodWhen="neither" /> },
    { id: "errors", title: "Errors", isEnd: true, show: (row) => percent(((row.client_errors + row.server_errors) / Math.max(1, row.calls)) * 100) },
    { id: "limited", title: "Limited", isEnd: true, isHidden: true, show: (row) => count(row.limited) },
    { id: "p50", title: "p50", isEnd: true, isHidden: true, show: (row) => duration(row.duration_p50_ms) },
    { id: "p95", title: "p95", isEnd: true, show: (row) => duration(row.duration_p95_ms) },
    { id: "overhead", title: "Overhead p95", isEnd: true, isHidden: true, show: (row) => duration(row.overhead_p95_ms) },
    { id: "estimated", title: "Estimated", isEnd: true, isHidden: true, show: (row) => count(row.estimated_calls) },
  ];
}
