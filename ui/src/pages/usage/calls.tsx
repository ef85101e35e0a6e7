/** Live calls: a streaming table with pause, filters in the URL, and paged history behind it. */
import { useEffect, useMemo, useState } from "react";
import { Button, Select } from "@mantine/core";
import { Link } from "wouter";
import IconPlayerPause from "@tabler/icons-react/dist/esm/icons/IconPlayerPause.mjs";
import IconPlayerPlay from "@tabler/icons-react/dist/esm/icons/IconPlayerPlay.mjs";
import { useLive } from "../../api/live";
import { useCalls, type CallFilters, type Dimension } from "../../api/usage";
import { useModels, useProviders, useServices } from "../../api/upstreams";
import type { Call } from "../../api/types";
import { useQueryPart, useRange } from "../../frame/range";
import { count, duration, money } from "../../format/numbers";
import { clock, dateMinute, DAY, zoneName } from "../../format/time";
import { OwnerName } from "../../parts/owner_names";
import { Empty, Loading, Page, Panel, Trouble } from "../../parts/page";
import { Chip, Table, useColumns, usePaged, type Column } from "../../parts/table";
import { StatusTag } from "../../parts/words";

type Filter = Dimension | "rule";
const FILTERS: Filter[] = ["model", "provider", "service", "token", "application", "team", "operation", "status", "outcome", "rule"];
const LIVE_SHOWN = 50;
const OUTCOMES = ["ok", "refused", "failed", "truncated", "disconnected", "crashed"];

export default function Calls() {
  const [params, change] = useQueryPart();
  const range = useRange();
  const filters = useMemo(() => Object.fromEntries(FILTERS.map((name) => [name, params.get(name) ?? ""]).filter(([, value]) => value)) as CallFilters, [params]);
  const isHistory = params.get("view") === "history";
  const [isPaused, setPaused] = useState(false);
  const isLive = !isHistory && !isPaused;
  useSpace(() => setPaused((before) => !before), !isHistory);
  const { columns, menu } = useColumns("calls", COLUMNS);
  return (
    <Page
      title="Live calls"
      lead={isHistory ? `Calls that ended in the ${range.label.toLowerCase()}, newest first.` : "Each call appears the moment it ends, newest first."}
      acts={
        <>
          {!isHistory && (
            <Button variant="default" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)} leftSection={isPaused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}>
              {isPaused ? "Resume" : "Pause"}
            </Button>
          )}
          <Button variant="default" onClick={() => change({ view: isHistory ? null : "history" })}>{isHistory ? "Back to live" : "History"}</Button>
        </>
      }
    >
      <Panel flush>
        <div className="table-tools">
          <FilterMenu filters={filters} change={change} />
          {FILTERS.filter((name) => filters[name]).map((name) => <Chip key={name} label={name} value={<Named of={name} value={filters[name]!} />} words={filters[name]!} clear={() => change({ [name]: null })} />)}
          <span className="grow" />
          {menu}
        </div>
        {isHistory ? <History filters={filters} columns={columns} key={range.key} /> : <Stream filters={filters} columns={columns} isLive={isLive} />}
      </Panel>
    </Page>
  );
}

const COLUMNS: Column<Call>[] = [
  { id: "time", title: `Time (${zoneName()})`, isFixed: true, show: (call) => <time className="nowrap" dateTime={call.started_at}>{Date.now() - Date.parse(call.started_at) < DAY / 2 ? clock(call.started_at) : dateMinute(call.started_at)}</time> },
  { id: "status", title: "Status", isFixed: true, show: (call) => <StatusTag call={call} /> },
  { id: "what", title: "Model or service", isFixed: true, show: (call) => <Link href={`/calls/${call.request_id}`} className="nowrap">{call.model || call.service_name || call.route}</Link> },
  { id: "token", title: "Token", show: (call) => <span className="nowrap">{call.token_name ?? call.token_id}</span> },
  { id: "application", title: "Application", isHidden: true, show: (call) => call.application_name ?? "–" },
  { id: "provider", title: "Provider", show: (call) => <span className="nowrap">{call.provider_id === "prov_sandbox" ? "sandbox" : (call.provider_name ?? (call.provider_id || "–"))}{call.attempts.length > 1 && <span className="muted"> · {call.attempts.length} attempts</span>}</span> },
  { id: "tokens", title: "Tokens in / out", isEnd: true, show: (call) => (call.usage.input_tokens + call.usage.output_tokens ? `${count(call.usage.input_tokens)} / ${count(call.usage.output_tokens)}${call.usage.is_estimated ? " est." : ""}` : "–") },
  { id: "cost", title: "Cost", isEnd: true, show: (call) => (call.operation === "http" ? "–" : money(call.cost_usd)) },
  { id: "duration", title: "Duration", isEnd: true, show: (call) => duration(call.duration_us / 1000) },
  { id: "first", title: "First byte", isEnd: true, isHidden: true, show: (call) => (call.first_byte_us ? duration(call.first_byte_us / 1000) : "–") },
  { id: "overhead", title: "Overhead", isEnd: true, isHidden: true, show: (call) => duration(call.overhead_us / 1000) },
  { id: "code", title: "Code", show: (call) => (call.code ? <span className="mono nowrap">{call.code}</span> : "–") },
  { id: "rule", title: "Rule", isHidden: true, show: (call) => (call.rule ? <Link href={`/calls?rule=${encodeURIComponent(call.rule)}`}>{call.rule.replaceAll("`", "")}</Link> : "–") },
  { id: "address", title: "From", isHidden: true, show: (call) => call.client_address || "–" },
];

function Stream({ filters, columns, isLive }: { filters: CallFilters; columns: Column<Call>[]; isLive: boolean }) {
  const live = useLive();
  const stored = useCalls(filters, LIVE_SHOWN);
  const [frozen, setFrozen] = useState<Call[] | null>(null);
  const calls = useMemo(() => {
    const arrived = live.calls.filter((call) => matches(call, filters));
    const known = new Set(arrived.map((call) => call.request_id));
    return [...arrived, ...(stored.data?.pages[0]?.items ?? []).filter((call) => !known.has(call.request_id))].slice(0, LIVE_SHOWN);
  }, [live.calls, stored.data, filters]);
  useEffect(() => setFrozen(isLive ? null : calls), [isLive, filters]); // the rows as they are at the moment of pausing
  const shown = frozen ?? calls;
  const fresh = new Set(live.calls.slice(0, 20).map((call) => call.request_id));
  if (stored.error && !shown.length) return <div style={{ padding: 16 }}><Trouble error={stored.error} retry={() => void stored.refetch()} /></div>;
  if (!stored.data) return <Loading rows={12} />;
  if (!shown.length) return <Nothing hasFilters={Object.keys(filters).length > 0} />;
  return <Table label="Calls" columns={columns} rows={shown} keyOf={(call) => call.request_id} hrefOf={(call) => `/calls/${call.request_id}`} isNew={(call) => fresh.has(call.request_id)} />;
}

function History({ filters, columns }: { filters: CallFilters; columns: Column<Call>[] }) {
  const range = useRange();
  const asked = useMemo(() => {
    const { since, until } = range.instants(false);
    return { ...filters, since: new Date(since).toISOString(), until: new Date(until).toISOString() };
  }, [filters, range]);
  const calls = useCalls(asked);
  const paged = usePaged(calls);
  if (calls.error && !calls.data) return <div style={{ padding: 16 }}><Trouble error={calls.error} retry={() => void calls.refetch()} /></div>;
  if (!calls.data) return <Loading rows={12} />;
  if (!paged.rows.length) return <Nothing hasFilters={Object.keys(filters).length > 0} />;
  return (
    <>
      <Table label="Calls" columns={columns} rows={paged.rows} keyOf={(call) => call.request_id} hrefOf={(call) => `/calls/${call.request_id}`} />
      {paged.foot && <div className="panel-foot">{paged.foot}</div>}
    </>
  );
}

function Nothing({ hasFilters }: { hasFilters: boolean }) {
  if (hasFilters) return <Empty title="No call matches">Remove a filter above, or look in the history of a longer time.</Empty>;
  return <Empty title="No call yet" act={<Link href="/tokens/new">Create a token to make one</Link>}>Send a call to the gateway with one of your tokens; it appears here a moment after it ends, with its tokens, cost and latency.</Empty>;
}

function FilterMenu({ filters, change }: { filters: CallFilters; change: (changes: Record<string, string | null>) => void }) {
  const models = useModels().data?.items;
  const providers = useProviders().data?.items;
  const services = useServices().data?.items;
  return (
    <>
      <Pick label="Model" name="model" value={filters.model} data={(models ?? []).slice(0, 300).map((model) => ({ value: model.name, label: model.name }))} change={change} />
      <Pick label="Provider" name="provider" value={filters.provider} data={(providers ?? []).map((item) => ({ value: item.id, label: item.name }))} change={change} />
      {!!services?.length && <Pick label="Service" name="service" value={filters.service} data={services.map((item) => ({ value: item.id, label: item.name }))} change={change} />}
      <Pick label="Outcome" name="outcome" value={filters.outcome} data={OUTCOMES.map((value) => ({ value, label: value }))} change={change} />
      <Pick label="Status" name="status" value={filters.status} data={["200", "400", "401", "403", "404", "429", "500", "502", "503", "504"].map((value) => ({ value, label: value }))} change={change} />
    </>
  );
}

/** What a filter is set to, by name where it is an id. */
function Named({ of, value }: { of: Filter; value: string }) {
  const providers = useProviders().data?.items;
  const services = useServices().data?.items;
  if (of === "token" || of === "application" || of === "team") return <OwnerName kind={of} id={value} isPlain />;
  const items = of === "provider" ? providers : of === "service" ? services : undefined;
  return <>{items?.find((item) => item.id === value)?.name ?? value.replaceAll("`", "")}</>;
}

function Pick({ label, name, value, data, change }: { label: string; name: string; value: string | undefined; data: { value: string; label: string }[]; change: (changes: Record<string, string | null>) => void }) {
  const known = value && !data.some((entry) => entry.value === value) ? [...data, { value, label: value }] : data;
  return <Select size="xs" w={132} aria-label={`Filter by ${label.toLowerCase()}`} placeholder={label} clearable searchable={data.length > 8} data={known} value={value ?? null} onChange={(chosen) => change({ [name]: chosen })} comboboxProps={{ width: 240, position: "bottom-start" }} />;
}

function matches(call: Call, filters: CallFilters): boolean {
  const values: Partial<Record<Filter, string>> = {
    model: call.model, provider: call.provider_id, service: call.service_id, token: call.token_id, application: call.application_id, team: call.team_id, operation: call.operation, status: String(call.status), outcome: call.outcome,
  };
  if (filters.rule && !call.rule.includes(filters.rule)) return false;
  return FILTERS.every((name) => name === "rule" || !filters[name] || filters[name] === values[name] || (name === "status" && filters.status === `${values.status?.[0]}xx`));
}

function useSpace(act: () => void, isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    const press = (event: KeyboardEvent) => {
      if (event.key !== " " || (event.target as HTMLElement).closest("input, textarea, select, button, a, [role=dialog], [role=option]")) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });
}
