/** Alerts: what fired of budgets, limits and providers, and who has looked at it. */
import { useEffect, useMemo, useState } from "react";
import { Button, SegmentedControl, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import IconBell from "@tabler/icons-react/dist/esm/icons/IconBell.mjs";
import { acknowledgeAlerts, reopenAlerts, useAlerts, type Alert } from "../../api/alerts";
import { useRights } from "../../api/rights";
import { useQueryPart } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { amount, count, exact, percent, plural } from "../../format/numbers";
import { By } from "../../parts/actors";
import { MEASURES } from "../../parts/limits";
import { Empty, Loading, Page, Panel, Trouble } from "../../parts/page";
import { Chip, Table, usePaged, type Column } from "../../parts/table";
import { Ago, State, When } from "../../parts/words";
import { LEVELS, OwnerLink } from "../limits/owner";

const STATES = [{ value: "open", label: "Open" }, { value: "acknowledged", label: "Acknowledged" }, { value: "over", label: "Over" }, { value: "all", label: "All" }];
const KINDS = [{ value: "budget", label: "Budgets" }, { value: "limit", label: "Limits" }, { value: "provider", label: "Providers" }];

export default function Alerts() {
  const [params, change] = useQueryPart();
  const { may } = useRights();
  const state = params.get("state") ?? "open";
  const filters = useMemo(() => ({ state: state === "all" ? "" : state, kind: params.get("kind") ?? "", level: params.get("level") ?? "", owner: params.get("owner") ?? "" }), [params, state]);
  const alerts = useAlerts(filters);
  const paged = usePaged(alerts);
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const { reset } = paged;
  useEffect(() => {
    reset();
    setChosen(new Set());
  }, [filters]); // a new list begins at its first page
  const picked = paged.rows.filter((alert) => chosen.has(alert.id));
  const hasFilters = Boolean(filters.kind || filters.level || filters.owner);
  return (
    <Page title="Alerts" lead="Budgets and limits that reached one of their levels, and providers whose keys began to fail. Your webhooks were told at the same moment."
      acts={<Button variant="default" component={Link} href="/limits">Limits & budgets</Button>}>
      <Panel flush foot={paged.foot || undefined}>
        <div className="table-tools">
          <SegmentedControl size="xs" aria-label="Filter by state" data={STATES} value={state} onChange={(value) => change({ state: value === "open" ? null : value })} />
          <Select size="xs" w={130} aria-label="Filter by kind" placeholder="Kind" clearable data={KINDS} value={filters.kind || null} onChange={(kind) => change({ kind })} />
          <Select size="xs" w={150} aria-label="Filter by level" placeholder="Level" clearable data={LEVELS} value={filters.level || null} onChange={(level) => change({ level })} />
          {filters.owner && <Chip label="of" value={paged.rows[0]?.owner_name ?? filters.owner} clear={() => change({ owner: null })} />}
        </div>
        {picked.length > 0 && <Bulk picked={picked} clear={() => setChosen(new Set())} />}
        {alerts.error && !alerts.data ? <div style={{ padding: 16 }}><Trouble error={alerts.error} retry={() => void alerts.refetch()} /></div> : !alerts.data ? <Loading rows={8} /> : paged.rows.length ? (
          <Table label="Alerts" columns={columns(may("limits.write"))} rows={paged.rows} keyOf={(alert) => alert.id}
            selection={may("limits.write") ? { chosen, set: setChosen, nameOf: (key) => titleOf(paged.rows.find((alert) => alert.id === key)) } : undefined} />
        ) : (
          <Empty icon={<IconBell size={30} stroke={1.4} />} title={state === "open" && !hasFilters ? "Nothing fired" : "Nothing matches"} act={state === "open" && !hasFilters && <Link href="/limits">See how much of each budget is used</Link>}>
            {state === "open" && !hasFilters ? "A budget tells at 80 and 100 % unless you set other levels; a limit tells when it is soft. What fires appears here within a minute." : "Remove a filter, or look at all states."}
          </Empty>
        )}
      </Panel>
    </Page>
  );
}

const titleOf = (alert: Alert | undefined) => (alert ? `${alert.owner_name}${alert.limit_name ? `, ${alert.limit_name}` : ""}` : "");

function columns(mayAct: boolean): Column<Alert>[] {
  return [
    { id: "level", title: "Reached", show: (alert) => <Level alert={alert} /> },
    { id: "owner", title: "Of", show: (alert) => <OwnerLink level={alert.level} id={alert.owner_id} name={alert.owner_name} /> },
    { id: "limit", title: "What", show: (alert) => <What alert={alert} /> },
    { id: "state", title: "State", show: (alert) => <StateOf alert={alert} /> },
    { id: "fired", title: "Fired", show: (alert) => <Ago value={alert.fired_at} /> },
    { id: "until", title: "Holds", show: (alert) => (alert.state === "over" ? <span className="muted">ended <Ago value={alert.until} /></span> : alert.until ? <span className="nowrap">until <When value={alert.until} /></span> : "for good") },
    ...(mayAct ? [{ id: "act", title: "Acts", isEnd: true, show: (alert: Alert) => <Act alert={alert} /> }] : []),
  ];
}

function Level({ alert }: { alert: Alert }) {
  if (alert.kind === "provider") return <span className="tag tag-bad">failing</span>;
  return <span className={`tag ${alert.alert_percent >= 100 && !alert.soft ? "tag-bad" : "tag-warn"}`} title={`${percent(alert.percent)} was used when it fired`}>{percent(alert.alert_percent)}</span>;
}

function What({ alert }: { alert: Alert }) {
  if (!alert.measure) return <span style={{ display: "block", minWidth: "11rem" }}>Keys began to fail; others are tried first</span>;
  const noun = MEASURES.find((one) => one.value === alert.measure)?.noun ?? "";
  const isMoney = alert.measure === "cost";
  const show = (text: string | null) => (isMoney ? amount(text ?? "0") : Number(text) < 100_000 ? exact(Number(text)) : count(Number(text)));
  return (
    <span style={{ display: "block", minWidth: "11rem" }}>
      <strong>{alert.kind === "budget" ? "Budget" : "Limit"} {alert.limit_name}</strong> {alert.soft && <span className="tag" title="Counted and told of, never refused">soft</span>}
      <span className="muted"> {show(alert.used)} of {show(alert.allowed)}{isMoney ? "" : ` ${noun}`}</span>
      {alert.used_up_at && <span className="muted small nowrap"> · used up <Ago value={alert.used_up_at} /> at that pace</span>}
    </span>
  );
}

function StateOf({ alert }: { alert: Alert }) {
  if (alert.state !== "acknowledged") return <State value={alert.state === "open" ? "limited" : "over"}>{alert.state}</State>;
  return (
    <span>
      <State value="done">acknowledged</State>
      <div className="muted small"><Ago value={alert.acknowledged_at} /> by {alert.acknowledged_by && <By actor={alert.acknowledged_by} />}{alert.note && `: ${alert.note}`}</div>
    </span>
  );
}

/** Acknowledging and taking it back, with undo; shown as the console answers. */
function useAct() {
  const client = useQueryClient();
  const fresh = () => void client.invalidateQueries({ queryKey: ["alerts"] });
  const reopen = (ids: string[]) => reopenAlerts(ids).then(() => { fresh(); say(`${plural(ids.length, "alert")} open again`); }, complain);
  const acknowledge = (ids: string[]) =>
    acknowledgeAlerts(ids).then(() => {
      fresh();
      say(`${plural(ids.length, "alert")} acknowledged`, { label: "Undo", run: () => void reopen(ids) });
    }, complain);
  return { acknowledge, reopen };
}

function Act({ alert }: { alert: Alert }) {
  const { acknowledge, reopen } = useAct();
  if (alert.state === "acknowledged") return <Button variant="subtle" size="compact-sm" aria-label={`Reopen ${titleOf(alert)}`} onClick={() => void reopen([alert.id])}>Reopen</Button>;
  return <Button variant="default" size="compact-sm" aria-label={`Acknowledge ${titleOf(alert)}`} onClick={() => void acknowledge([alert.id])}>Acknowledge</Button>;
}

function Bulk({ picked, clear }: { picked: Alert[]; clear: () => void }) {
  const { acknowledge } = useAct();
  const those = picked.filter((alert) => alert.state !== "acknowledged").map((alert) => alert.id);
  return (
    <div className="bulk" role="group" aria-label="Acts on the selected alerts">
      <strong>{plural(picked.length, "alert")} selected</strong>
      <Button variant="default" disabled={!those.length} onClick={() => { clear(); void acknowledge(those); }}>Acknowledge</Button>
      <Button variant="subtle" onClick={clear}>Clear</Button>
    </div>
  );
}
