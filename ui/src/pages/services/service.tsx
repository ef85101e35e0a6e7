/** One service: where it is, how it behaves, its use. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { useGateway } from "../../api/gateway";
import { useFreshFigures } from "../../api/live";
import { useRights } from "../../api/rights";
import { deleteService, switchService, useService } from "../../api/upstreams";
import type { Service } from "../../api/types";
import { useRange } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { Confirm } from "../../parts/confirm";
import { Loaded, Page, Panel } from "../../parts/page";
import { OwnedLimits } from "../../parts/owned_limits";
import { Code, State, When } from "../../parts/words";
import { Traffic } from "../home/traffic";
import { privateInWords } from "../upstreams/address";
import { PlaceFacts } from "../upstreams/place";
import { OwnUse } from "../usage/own_use";

export default function ServicePage({ id }: { id: string }) {
  useFreshFigures();
  const service = useService(id);
  const client = useQueryClient();
  const range = useRange();
  const gateway = useGateway().data?.gateway_url.replace(/\/$/, "") ?? "";
  const [, go] = useLocation();
  const { may, reaches } = useRights();
  const [isDeleting, setDeleting] = useState(false);
  const put = (changed: Service) => {
    client.setQueryData(["service", id], changed);
    void client.invalidateQueries({ queryKey: ["services"] });
  };
  const turn = async (isOn: boolean) => {
    const before = service.data!;
    put({ ...before, state: isOn ? "active" : "disabled" });
    try {
      put(await switchService(id, isOn));
      say(`${before.name} ${isOn ? "enabled" : "disabled: its calls are refused"}`, { label: "Undo", run: () => void turn(!isOn) });
    } catch (error) {
      put(before);
      complain(error);
    }
  };
  return (
    <Page
      documentTitle={service.data?.name ?? "Service"}
      crumb={{ label: "Services", href: "/services" }}
      title={<span className="row-wrap">{service.data?.name ?? "Service"} {service.data && <span className="small"><State value={service.data.state} /></span>}</span>}
      lead={service.data && <span className="mono">{gateway}{service.data.path_prefix}</span>}
      acts={service.data && reaches("services.write", service.data.team_id) && (
        <>
          <Button variant="default" onClick={() => void turn(service.data.state !== "active")}>{service.data.state === "active" ? "Disable" : "Enable"}</Button>
          <Button variant="default" component={Link} href={`/services/${id}/edit`}>Edit</Button>
          <Button variant="default" onClick={() => setDeleting(true)}>Delete…</Button>
        </>
      )}
    >
      <Loaded query={service} rows={10}>
        {(found) => (
          <>
            <div className="columns">
              <Panel title="Service">
                <dl className="facts">
                  <dt>Sent to</dt><dd className="mono">{found.base_url}</dd>
                  <PlaceFacts of={found} />
                  <dt>Prefix</dt><dd>{found.strip_prefix ? "taken away" : "kept"}</dd>
                  <dt>Methods</dt><dd>{found.methods.length ? found.methods.join(", ") : "all"}</dd>
                  <dt>Credential</dt><dd>{found.keys.length ? <><span className="mono">{found.credential_header}: {found.credential_scheme} {found.keys[0].masked || found.keys[0].source}</span></> : "none"}</dd>
                  <dt>Private addresses</dt><dd>{privateInWords(found.allow_private)}</dd>
                  <dt>Token in the query</dt><dd>{found.query_token_parameter ? <code>{found.query_token_parameter}</code> : "never"}</dd>
                  <dt>Set-Cookie</dt><dd>{found.allow_set_cookie ? "passed on" : "removed"}</dd>
                  <dt>WebSocket</dt><dd>{found.allow_websocket ? "allowed" : "refused"}</dd>
                  <dt>Answers in browsers</dt><dd>{found.sandbox_answers ? "sandboxed" : "as the service sends them"}</dd>
                  <dt>Published</dt><dd><When value={found.created_at} /></dd>
                </dl>
              </Panel>
              <div className="stack">
                <Panel title="Call it"><Code text={`curl ${gateway}${found.path_prefix}/ \\\n  -H "Authorization: Bearer $TOLLWAY_TOKEN"`} label="curl command" /></Panel>
                {may("limits.read") && <OwnedLimits level="service" id={id} note={<p className="muted small" style={{ marginTop: 12 }}>Over everybody’s calls to this service.</p>} />}
              </div>
            </div>
            <Traffic range={range} filters={{ service: id }} empty="No call to this service in this time." />
            <OwnUse range={range} filters={{ service: id }} by={["token", "status"]} />
            {isDeleting && (
              <Confirm title="Delete this service" act="Delete" typed={found.name} close={() => setDeleting(false)}
                run={() => deleteService(id).then(() => { say(`${found.name} deleted`); void client.invalidateQueries({ queryKey: ["services"] }); go("/services"); }, complain)}>
                Calls to {found.path_prefix} are refused from then on, and its stored key is deleted. Past usage stays.
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
