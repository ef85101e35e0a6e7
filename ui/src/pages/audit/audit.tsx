/** The audit log: who did what to what, from where, and what changed; with a check that it is whole. */
import { Fragment, useEffect, useMemo, useState } from "react";
import { Button, SegmentedControl, Select } from "@mantine/core";
import { Link } from "wouter";
import IconChevronDown from "@tabler/icons-react/dist/esm/icons/IconChevronDown.mjs";
import IconChevronRight from "@tabler/icons-react/dist/esm/icons/IconChevronRight.mjs";
import IconCircleCheck from "@tabler/icons-react/dist/esm/icons/IconCircleCheck.mjs";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import { exportAddress, useAudit, useCheckAudit } from "../../api/audit_log";
import type { AuditEntry } from "../../api/types";
import { useQueryPart } from "../../frame/range";
import { plural } from "../../format/numbers";
import { instant } from "../../format/time";
import { By } from "../../parts/actors";
import { OwnerName } from "../../parts/owner_names";
import { Empty, Loading, Page, Panel, Trouble } from "../../parts/page";
import { SearchBox } from "../../parts/search";
import { Rows } from "../../parts/rows";
import { Chip, usePaged } from "../../parts/table";
import { Copy } from "../../parts/words";

const ACTIONS = ["token", "application", "plan", "limits", "alert", "rights", "model_group", "rotation_policy", "lifetime", "security", "decoy", "service", "provider", "user", "member", "team", "service_account", "role", "session", "passkey", "totp", "recovery_codes", "setup", "webhook", "mail", "key", "backup", "audit"];
const PAGES: Record<string, string> = { token: "/tokens", application: "/applications", plan: "/plans", service: "/services", provider: "/providers", team: "/teams", user: "/people", service_account: "/service-accounts", webhook: "/webhooks" };

export default function Audit() {
  const [params, change] = useQueryPart();
  const filters = useMemo(() => Object.fromEntries(["actor", "action", "object_id", "token_id", "outcome", "request_id", "search"].map((name) => [name, params.get(name) ?? ""])), [params]);
  const entries = useAudit(filters);
  const paged = usePaged(entries);
  const { reset } = paged;
  useEffect(() => reset(), [filters]); // a new list begins at its first page
  const hasFilters = Object.values(filters).some(Boolean);
  return (
    <Page
      title="Audit"
      lead="Every act of management, done or refused: who, with which role, from where, and what changed. Entries are chained and sealed; nothing here can be changed without being found."
      acts={<><Button component="a" variant="default" href={exportAddress(filters, "csv")} download>Export as CSV</Button><Button component="a" variant="default" href={exportAddress(filters, "jsonl")} download>Export as JSON</Button><Check /></>}
    >
      <Panel flush foot={paged.foot || undefined}>
        <div className="table-tools">
          <SearchBox label="Search by name, id or request id" placeholder="Name, id, request id, token" width={220} />
          <Select size="xs" w={150} aria-label="Filter by kind of act" placeholder="Acts on" clearable searchable data={ACTIONS.map((value) => ({ value, label: value.replaceAll("_", " ") }))} value={ACTIONS.includes(filters.action) ? filters.action : null} onChange={(action) => change({ action })} />
          <SegmentedControl size="xs" aria-label="Filter by outcome" data={[{ value: "", label: "All" }, { value: "done", label: "Done" }, { value: "refused", label: "Refused" }]} value={filters.outcome} onChange={(outcome) => change({ outcome })} />
          {filters.token_id && <Chip label="with token" value={<OwnerName kind="token" id={filters.token_id} isPlain />} words={filters.token_id} clear={() => change({ token_id: null })} />}
          {filters.actor && <Chip label="by" value={<By actor={filters.actor} isPlain />} words={filters.actor} clear={() => change({ actor: null })} />}
          {filters.object_id && <Chip label="on" value={filters.object_id} clear={() => change({ object_id: null })} />}
          {filters.request_id && <Chip label="request" value={filters.request_id} clear={() => change({ request_id: null })} />}
          {filters.action && !ACTIONS.includes(filters.action) && <Chip label="act" value={filters.action} clear={() => change({ action: null })} />}
        </div>
        {entries.error && !entries.data ? <div style={{ padding: 16 }}><Trouble error={entries.error} retry={() => void entries.refetch()} /></div> : !entries.data ? <Loading rows={8} /> : paged.rows.length ? (
          <Entries rows={paged.rows} change={change} />
        ) : (
          <Empty title={hasFilters ? "Nothing matches" : "Nothing yet"}>{hasFilters ? "The search looks at the beginning of names, ids and request ids; a pasted token finds the acts on it and with it. Remove a filter to see more." : "The first act of management will appear here."}</Empty>
        )}
      </Panel>
    </Page>
  );
}

function Entries({ rows, change }: { rows: AuditEntry[]; change: (changes: Record<string, string | null>) => void }) {
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Rows label="Audit entries">
      <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader"><span className="visually-hidden">Details</span></th><th scope="col" role="columnheader">When</th><th scope="col" role="columnheader">Who</th><th scope="col" role="columnheader">Act</th><th scope="col" role="columnheader">On</th><th scope="col" role="columnheader">Result</th><th scope="col" role="columnheader">From</th></tr></thead>
      <tbody role="rowgroup">
        {rows.map((entry) => (
          <Fragment key={entry.seq}>
            <tr role="row">
              <td role="cell" className="table-pick" style={{ width: 34 }}>
                <button type="button" className="row-open" aria-expanded={open === entry.seq} aria-label={`Details of entry ${entry.seq}`} onClick={() => setOpen(open === entry.seq ? null : entry.seq)}>
                  {open === entry.seq ? <IconChevronDown size={15} /> : <IconChevronRight size={15} />}
                </button>
              </td>
              <td role="cell"><time dateTime={entry.at} className="nowrap">{instant(entry.at)}</time></td>
              <td role="cell" data-label="Who"><button type="button" className="link nowrap" onClick={() => change({ actor: entry.actor })} title="Only this person's acts">{entry.actor_name || (entry.actor === "unknown:" ? "nobody known" : entry.actor)}</button>{entry.role && entry.role !== entry.actor_name && <span className="muted small"> {entry.role.replaceAll("_", " ")}</span>}</td>
              <td role="cell" data-label="Act"><span className="mono nowrap">{entry.action}</span></td>
              <td role="cell" data-label="On"><ActedOn entry={entry} /></td>
              <td role="cell" data-label="Result">{entry.outcome === "done" ? <span className="tag tag-ok">done</span> : <span className="tag tag-bad" title={entry.code ?? ""}>refused</span>}</td>
              <td role="cell" data-label="From" className="muted nowrap">{entry.address || "–"}</td>
            </tr>
            {open === entry.seq && <tr role="row"><td role="cell" /><td role="cell" colSpan={6}><Details entry={entry} change={change} /></td></tr>}
          </Fragment>
        ))}
      </tbody>
    </Rows>
  );
}

function ActedOn({ entry }: { entry: AuditEntry }) {
  const label = entry.object_name || entry.object_id || entry.kind;
  const page = PAGES[entry.kind];
  if (!label) return <span className="muted">–</span>;
  return page && entry.object_id && !entry.action.endsWith(".delete") ? <Link href={`${page}/${entry.object_id}`}>{label}</Link> : <span>{label}</span>;
}

function Details({ entry, change }: { entry: AuditEntry; change: (changes: Record<string, string | null>) => void }) {
  const names = [...new Set([...Object.keys(entry.before ?? {}), ...Object.keys(entry.after ?? {})])];
  return (
    <div className="stack-small" style={{ padding: "4px 0 12px" }}>
      <div className="row-wrap small muted">
        <span>Entry {entry.seq}</span>
        {entry.code && <span className="mono">{entry.code}</span>}
        {entry.object_id && <button type="button" className="link mono" onClick={() => change({ object_id: entry.object_id })} title="Only acts on this">{entry.object_id}</button>}
        {entry.token_id && <button type="button" className="link" onClick={() => change({ token_id: entry.token_id })} title="Only acts with this token">with token {entry.token_id}</button>}
        {entry.request_id && <span className="row"><span className="mono">{entry.request_id}</span><Copy text={entry.request_id} label="Copy the request id" /></span>}
      </div>
      {names.length > 0 && (
        <table className="table changed">
          <thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}><th scope="row" className="mono">{name}</th><td className="mono">{fact(entry.before?.[name])}</td><td className="mono">{fact(entry.after?.[name])}</td></tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function fact(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Asks for a check of the whole log; the answer stays where it was asked. */
function Check() {
  const check = useCheckAudit();
  const found = check.data;
  return (
    <span className="row" role="status">
      {found && (found.is_whole
        ? <span className="row soft"><IconCircleCheck size={16} color="var(--ok)" /> Whole: {plural(found.checked, "entry", "entries")}{found.deleted_through !== null && ` from entry ${found.deleted_through + 1} on`} <Copy text={`${found.head_seq}:${found.head_hash}`} label="Copy the head, to keep it elsewhere" /></span>
        : <span className="row" style={{ color: "var(--bad)" }}><IconAlertTriangle size={16} /> Not whole: {found.fault}</span>)}
      {check.error && <span style={{ color: "var(--bad)" }}>The check failed</span>}
      <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>Check the log</Button>
    </span>
  );
}
