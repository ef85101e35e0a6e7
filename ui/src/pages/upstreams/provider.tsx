/** One provider: connection, keys, models, use. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useSearchParams } from "wouter";
import { useFreshFigures } from "../../api/live";
import { useRights } from "../../api/rights";
import { deleteProvider, switchProvider, useProvider } from "../../api/upstreams";
import type { Provider } from "../../api/types";
import { useRange } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { Confirm } from "../../parts/confirm";
import { Health, InFlight, restingTitle, useResting } from "../../parts/health";
import { Loaded, Page, Panel } from "../../parts/page";
import { OwnedLimits } from "../../parts/owned_limits";
import { State, When } from "../../parts/words";
import { Traffic } from "../home/traffic";
import { OwnUse } from "../usage/own_use";
import { privateInWords } from "./address";
import { PlaceFacts } from "./place";
import { Test } from "./test";

export default function ProviderPage({ id }: { id: string }) {
  useFreshFigures();
  const provider = useProvider(id);
  const resting = useResting(id);
  const client = useQueryClient();
  const range = useRange();
  const [, go] = useLocation();
  const [params] = useSearchParams();
  const { may, reaches } = useRights();
  const [isDeleting, setDeleting] = useState(false);
  const put = (changed: Provider) => {
    client.setQueryData(["provider", id], changed);
    void client.invalidateQueries({ queryKey: ["providers"] });
    void client.invalidateQueries({ queryKey: ["models"] });
  };
  const turn = async (isOn: boolean) => {
    const before = provider.data!;
    put({ ...before, state: isOn ? "active" : "disabled" });
    try {
      put(await switchProvider(id, isOn));
      say(`${before.name} ${isOn ? "enabled" : "disabled: calls go to the next candidate"}`, { label: "Undo", run: () => void turn(!isOn) });
    } catch (error) {
      put(before);
      complain(error);
    }
  };
  return (
    <Page
      documentTitle={provider.data?.name ?? "Provider"}
      crumb={{ label: "Providers", href: "/providers" }}
      title={<span className="row-wrap">{provider.data?.name ?? "Provider"} {provider.data && <span className="small"><Health provider={provider.data} /></span>}</span>}
      lead={provider.data && <span className="mono">{provider.data.base_url}</span>}
      acts={provider.data && reaches("providers.write", provider.data.team_id) && (
        <>
          <Button variant="default" onClick={() => void turn(provider.data.state !== "active")}>{provider.data.state === "active" ? "Disable" : "Enable"}</Button>
          <Button variant="default" component={Link} href={`/providers/${id}/edit`}>Edit</Button>
          <Button variant="default" onClick={() => setDeleting(true)}>Delete…</Button>
        </>
      )}
    >
      <Loaded query={provider} rows={10}>
        {(found) => (
          <>
            {reaches("providers.write", found.team_id) && <Panel title="Test" note="One real question to its API, with its first key."><Test provider={found} startsAtOnce={params.get("test") === "1"} /></Panel>}
            <div className="columns">
              <Panel title="Connection">
                <dl className="facts">
                  <dt>Kind</dt><dd>{found.kind}</dd>
                  <dt>Base URL</dt><dd className="mono">{found.base_url}</dd>
                  <PlaceFacts of={found} />
                  <dt>Priority</dt><dd>{found.priority} <span className="muted">(lower is tried first)</span></dd>
                  <dt>Private addresses</dt><dd>{privateInWords(found.allow_private)}</dd>
                  {found.proxy_url && <><dt>Proxy</dt><dd><span className="mono">{found.proxy_url}</span>{found.proxy_credential && <span className="muted"> with a login</span>}</dd></>}
                  {found.ca_file && <><dt>CA bundle</dt><dd className="mono">{found.ca_file}</dd></>}
                  {found.headers.length > 0 && <><dt>Own headers</dt><dd>{found.headers.join(", ")}</dd></>}
                  <dt>Deadlines</dt><dd>{found.timeouts.connect_seconds} s connect, {found.timeouts.first_byte_seconds} s first byte, {found.timeouts.idle_seconds} s idle, {found.timeouts.total_seconds} s in all</dd>
                  <dt>In flight</dt><dd><InFlight providerId={id} /></dd>
                  <dt>Added</dt><dd><When value={found.created_at} /></dd>
                </dl>
              </Panel>
              <div className="stack">
              <Panel title="Keys and models">
                <dl className="facts">
                  <dt>Keys</dt>
                  <dd>{found.keys.length ? <ul>{found.keys.map((key) => <li key={key.id}><span className="mono">{key.masked || "stored"}</span> <span className="muted">{key.source}, since <When value={key.created_at} /></span> {resting.has(key.id) && <span title={restingTitle(resting.get(key.id)!)}><State value="resting" /></span>}</li>)}</ul> : "none"}</dd>
                  <dt>Models</dt>
                  <dd>{found.models.some((model) => model.name === "*") ? "all that the catalogue knows" : found.models.map((model) => (model.upstream_model && model.upstream_model !== model.name ? `${model.name} → ${model.upstream_model}` : model.name)).join(", ")}</dd>
                </dl>
              </Panel>
              {may("limits.read") && <OwnedLimits level="provider" id={id} note={<p className="muted small" style={{ marginTop: 12 }}>Over everybody’s calls to this provider. One without room is passed over, as one that fails.</p>} />}
              </div>
            </div>
            <Traffic range={range} filters={{ provider: id }} empty="No call to this provider in this time." />
            <OwnUse range={range} filters={{ provider: id }} />
            {isDeleting && (
              <Confirm title="Delete this provider" act="Delete" typed={found.name} close={() => setDeleting(false)}
                run={() => deleteProvider(id).then(() => { say(`${found.name} deleted`); for (const key of ["providers", "models"]) void client.invalidateQueries({ queryKey: [key] }); go("/providers"); }, complain)}>
                Its stored keys are deleted with it, and models that only it offers can no longer be called. Past usage stays.
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
