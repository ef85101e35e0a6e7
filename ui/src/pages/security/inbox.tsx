/** The inbox: one line an event, its facts and acts below it when it is opened. */
import { Fragment, useEffect, useMemo, useState } from "react";
import { SegmentedControl, Select } from "@mantine/core";
import { Link } from "wouter";
import IconChevronDown from "@tabler/icons-react/dist/esm/icons/IconChevronDown.mjs";
import IconChevronRight from "@tabler/icons-react/dist/esm/icons/IconChevronRight.mjs";
import IconShieldCheck from "@tabler/icons-react/dist/esm/icons/IconShieldCheck.mjs";
import { useQueryClient } from "@tanstack/react-query";
import { acknowledgeEvent, useSecurityEvents, type SecurityEvent } from "../../api/security";
import type { IssuedToken } from "../../api/token_life";
import { complain, say } from "../../frame/toasts";
import { useQueryPart } from "../../frame/range";
import { count } from "../../format/numbers";
import { Empty, Loading, Panel, Trouble } from "../../parts/page";
import { Rows } from "../../parts/rows";
import { Chip, usePaged } from "../../parts/table";
import { By } from "../../parts/actors";
import { Ago } from "../../parts/words";
import { Replace } from "../tokens/replace";
import { Acts } from "./acts";
import { humanFact, KINDS, meaning, outcome, TONES } from "./words";

const STATES = [{ value: "open", label: "Open" }, { value: "acknowledged", label: "Acknowledged" }, { value: "expected", label: "Expected" }, { value: "all", label: "All" }];

export function Inbox({ mayAct }: { mayAct: boolean }) {
  const [params, change] = useQueryPart();
  const state = params.get("state") ?? "open";
  const kind = params.get("kind") ?? "";
  const severity = params.get("severity") ?? "";
  const subject = params.get("subject") ?? "";
  const filters = useMemo(() => ({ state: state === "all" ? "" : state, kind, severity, subject }), [state, kind, severity, subject]);
  const events = useSecurityEvents(filters);
  const [replacing, setReplacing] = useState<SecurityEvent | null>(null);
  const paged = usePaged(events);
  const { reset } = paged;
  useEffect(() => reset(), [filters]); // a new list begins at its first page
  return (
    <Panel flush foot={paged.foot || undefined}>
      <div className="table-tools">
        <SegmentedControl size="xs" aria-label="Filter by state" data={STATES} value={state} onChange={(value) => change({ state: value === "open" ? null : value })} />
        <Select size="xs" w={180} aria-label="Filter by kind" placeholder="Kind" clearable data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))} value={kind || null} onChange={(value) => change({ kind: value })} />
        <Select size="xs" w={130} aria-label="Filter by severity" placeholder="Severity" clearable data={["critical", "high", "medium", "low"]} value={severity || null} onChange={(value) => change({ severity: value })} />
        {subject && <Chip label="about" value={subject} clear={() => change({ subject: null })} />}
      </div>
      {events.error && !events.data ? <div style={{ padding: 16 }}><Trouble error={events.error} retry={() => void events.refetch()} /></div> : !events.data ? <Loading rows={8} /> : paged.rows.length ? (
        <Events rows={paged.rows} mayAct={mayAct} replace={setReplacing} />
      ) : (
        <Empty icon={<IconShieldCheck size={30} stroke={1.4} />} title={state === "open" && !kind && !severity && !subject ? "Nothing needs you" : "Nothing matches"}>
          {state === "open" ? "What is noticed about tokens, and tokens that somebody reports as leaked, appear here within seconds." : "Remove a filter to see more."}
        </Empty>
      )}
      {replacing && <Replacing event={replacing} close={() => setReplacing(null)} />}
    </Panel>
  );
}

/** Above the list, so that what is shown once stays when the event leaves it; the event is closed when that is. */
function Replacing({ event, close }: { event: SecurityEvent; close: () => void }) {
  const client = useQueryClient();
  const [made, setMade] = useState<IssuedToken | null>(null);
  const finish = async () => {
    close();
    if (!made || event.state !== "open") return;
    try {
      await acknowledgeEvent(event.id, `replaced by ${made.masked}`);
      say("Replaced, and the event is acknowledged");
    } catch (error) {
      complain(error);
    }
    for (const key of [["security"], ["attention"]]) void client.invalidateQueries({ queryKey: key });
  };
  return <Replace id={event.subject} close={() => void finish()} done={setMade} />;
}

function Events({ rows, mayAct, replace }: { rows: SecurityEvent[]; mayAct: boolean; replace: (event: SecurityEvent) => void }) {
  const [params] = useQueryPart();
  const [open, setOpen] = useState<string | null>(params.get("event"));
  return (
    <Rows label="Security events">
      <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader"><span className="visually-hidden">Details</span></th><th scope="col" role="columnheader">Severity</th><th scope="col" role="columnheader">What</th><th scope="col" role="columnheader">About</th><th scope="col" role="columnheader">From</th><th scope="col" role="columnheader" className="end">Times</th><th scope="col" role="columnheader">Done</th><th scope="col" role="columnheader">Last</th></tr></thead>
      <tbody role="rowgroup">
        {rows.map((event) => (
          <Fragment key={event.id}>
            <tr role="row">
              <td role="cell" className="table-pick" style={{ width: 34 }}>
                <button type="button" className="row-open" aria-expanded={open === event.id} aria-label={`Details of ${KINDS[event.kind] ?? event.kind} about ${event.token_name || event.subject}`} onClick={() => setOpen(open === event.id ? null : event.id)}>
                  {open === event.id ? <IconChevronDown size={15} /> : <IconChevronRight size={15} />}
                </button>
              </td>
              <td role="cell" data-label="Severity"><span className={`tag ${TONES[event.severity]}`}>{event.severity}</span></td>
              <td role="cell" style={{ minWidth: 210 }}><strong>{KINDS[event.kind] ?? event.kind}</strong><div className="muted small">{meaning(event.kind, event.facts)}</div></td>
              <td role="cell" data-label="About" className="nowrap">{event.token_id ? <Link href={`/tokens/${event.token_id}`}>{event.token_name || event.token_id}</Link> : <span className="mono">{event.subject}</span>}</td>
              <td role="cell" data-label="From" className="muted clip" style={{ maxWidth: 260 }} title={String(event.facts.address ?? event.facts.url ?? "")}>{String(event.facts.address ?? event.facts.url ?? "–")}</td>
              <td role="cell" data-label="Times" className="end">{count(event.count)}</td>
              <td role="cell" data-label="Done" className="nowrap">{event.act_state === "none" ? <span className="muted">told</span> : <span className={event.act_state === "done" || event.act_state === "final" ? "tag tag-warn" : "tag"}>{outcome(event.act, event.act_state)}</span>}</td>
              <td role="cell" data-label="Last" className="nowrap"><Ago value={event.last_at} /></td>
            </tr>
            {open === event.id && <tr role="row"><td role="cell" /><td role="cell" colSpan={7}><Details event={event} mayAct={mayAct} replace={replace} /></td></tr>}
          </Fragment>
        ))}
      </tbody>
    </Rows>
  );
}

function Details({ event, mayAct, replace }: { event: SecurityEvent; mayAct: boolean; replace: (event: SecurityEvent) => void }) {
  return (
    <div className="stack-small" style={{ padding: "4px 0 12px" }}>
      <table className="table changed">
        <thead><tr><th scope="col">Fact</th><th scope="col">Value</th></tr></thead>
        <tbody>{Object.entries(event.facts).map(([name, value]) => <tr key={name}><th scope="row">{humanFact(name)}</th><td className="mono">{String(value)}</td></tr>)}</tbody>
      </table>
      <div className="row-wrap small muted">
        <span className="mono">{event.id}</span>
        {event.act_by && <span>{outcome(event.act, event.act_state)} by <By actor={event.act_by} /></span>}
        {event.closed_by && <span>{event.state} by <By actor={event.closed_by} />{event.note && <>: {event.note}</>}</span>}
      </div>
      {mayAct && <Acts event={event} replace={replace} />}
    </div>
  );
}
