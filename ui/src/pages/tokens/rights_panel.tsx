/** What a token may do, whose rules say so, and the answer to "may it do that, and why not?". */
import { useState, type ReactNode } from "react";
import { Autocomplete, Button, Select, TextInput } from "@mantine/core";
import { Link } from "wouter";
import { judge, useEffectiveRights, useOwnRights, wouldBlock, type Blocked, type Source, type Verdict } from "../../api/gateway_rights";
import { useModels, useServices } from "../../api/upstreams";
import type { Token } from "../../api/types";
import { complain } from "../../frame/toasts";
import { exact, plural } from "../../format/numbers";
import { instant } from "../../format/time";
import { Loaded, Panel } from "../../parts/page";
import { RightsDialog } from "../../parts/rights_form";
import { RightsWords } from "../../parts/rights_words";
import { Table } from "../../parts/table";
import { Ago, State } from "../../parts/words";

const HREFS: Record<string, (id: string) => string> = { team: (id) => `/teams/${id}`, user: (id) => `/people/${id}`, application: (id) => `/applications/${id}`, plan: (id) => `/plans/${id}`, installation: () => "/settings" };

export function TokenRights({ token, canEdit }: { token: Token; canEdit: boolean }) {
  const effective = useEffectiveRights(token.id);
  const own = useOwnRights({ level: "token", id: token.id });
  const services = useServices().data?.items ?? [];
  const [isOpen, setOpen] = useState(false);
  const nameOf = (id: string) => services.find((service) => service.id === id)?.name ?? id;
  return (
    <div className="columns">
      <Panel title="What it may do" note="Every set of rights below must permit a call." acts={canEdit && own.data && token.state !== "revoked" && <Button variant="subtle" size="compact-xs" onClick={() => setOpen(true)}>Edit its rights</Button>}>
        <Loaded query={effective} rows={4}>
          {({ sources }) => (sources.length ? sources.map((source, index) => <From key={index} source={source} nameOf={nameOf} />) : <p className="muted">No rights are set at any level: all is permitted.</p>)}
        </Loaded>
        {isOpen && own.data && <RightsDialog owner={{ level: "token", id: token.id }} name={token.name} owned={own.data} close={() => setOpen(false)} />}
      </Panel>
      <Panel title="May it do that?">
        <May id={token.id} />
        <div className="rights-trial"><Trial id={token.id} /></div>
      </Panel>
    </div>
  );
}

function From({ source, nameOf }: { source: Source; nameOf: (id: string) => string }) {
  const href = HREFS[source.level]?.(source.owner_id);
  const words: ReactNode = source.level === "installation" ? "the installation" : source.level === "token" ? "the token itself" : source.level === "lists" ? "the token’s plain lists" : <>{source.level === "user" ? "person" : source.level} {source.name}</>;
  return (
    <section className="rights-source">
      <h3>From {href ? <Link href={href}>{words}</Link> : words}</h3>
      <RightsWords rights={source.rights} nameOf={nameOf} />
    </section>
  );
}

function May({ id }: { id: string }) {
  const models = [...new Set((useModels().data?.items ?? []).map((model) => model.name))];
  const [model, setModel] = useState("");
  const [method, setMethod] = useState("POST");
  const [path, setPath] = useState("");
  const [address, setAddress] = useState("");
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const ask = () => judge(id, { model: model || undefined, method, path: path || undefined, address: address || undefined }).then(setVerdict, complain);
  return (
    <form className="form" onSubmit={(event) => { event.preventDefault(); void ask(); }}>
      <div className="trial">
        <div className="trial-call">
          <Autocomplete size="xs" label="Model" data={models} limit={40} value={model} onChange={setModel} />
          <Select size="xs" label="Method" data={["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]} value={method} onChange={(value) => setMethod(value ?? "POST")} allowDeselect={false} />
          <TextInput size="xs" label="Path" placeholder="/v1/chat/completions" value={path} onChange={(event) => setPath(event.currentTarget.value)} />
          <TextInput size="xs" label="From address" placeholder="any" value={address} onChange={(event) => setAddress(event.currentTarget.value)} />
        </div>
        <Button type="submit" variant="default" disabled={!model && !path}>Ask</Button>
      </div>
      <div role="status">{verdict && <Answer verdict={verdict} />}</div>
    </form>
  );
}

function Answer({ verdict }: { verdict: Verdict }) {
  return (
    <div className="stack-small">
      <p><State value={verdict.allowed ? "ok" : "refused"}>{verdict.allowed ? "Yes" : "No"}</State> {verdict.reason}</p>
      {verdict.opens_at && <p className="muted small">Its hours open at {instant(verdict.opens_at)}.</p>}
      {verdict.watched && <p className="muted small">Were networks enforced, it would be refused: {verdict.watched}.</p>}
      {verdict.ways.map((way) => <p key={`${way.provider}/${way.upstream_model}`} className="small"><span className="mono">{way.provider}/{way.upstream_model}</span> {way.reason ? <span className="muted">left out: {way.reason}</span> : <span className="muted">may serve it</span>}</p>)}
    </div>
  );
}

function Trial({ id }: { id: string }) {
  const [blocks, setBlocks] = useState("");
  const [found, setFound] = useState<Blocked | null>(null);
  const ask = () => wouldBlock(id, blocks.split(/[\s,]+/).filter(Boolean), [], 7).then(setFound, complain);
  return (
    <form className="form" onSubmit={(event) => { event.preventDefault(); void ask(); }}>
      <div className="trial">
        <TextInput size="xs" label="If only these networks were allowed" description="Tried on the calls of the last 7 days; nothing is changed" placeholder="10.0.0.0/8, 2001:db8::/32" value={blocks} onChange={(event) => setBlocks(event.currentTarget.value)} />
        <Button type="submit" variant="default" disabled={!blocks.trim()}>Who would have been blocked?</Button>
      </div>
      <div role="status">
        {found && (
          <div className="stack-small">
            <p>{exact(found.calls_blocked)} of {plural(found.calls_looked_at, "call")} would have been refused{found.calls_without_address > 0 && `; ${found.calls_without_address} have no address on record`}{found.is_cut && "; older calls were not looked at"}.</p>
            {found.addresses.length > 0 && (
              <Table label="Addresses that would have been refused" rows={found.addresses} keyOf={(row) => row.address} columns={[
                { id: "address", title: "Address", show: (row) => <span className="mono">{row.address}</span> },
                { id: "calls", title: "Calls", isEnd: true, show: (row) => exact(row.calls) },
                { id: "last", title: "Last", show: (row) => <Ago value={row.last_at} /> },
              ]} />
            )}
          </div>
        )}
      </div>
    </form>
  );
}
