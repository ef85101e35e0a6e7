/** Publishing a service, and changing one. */
import { useState } from "react";
import { Button, MultiSelect, PasswordInput, Switch, TextInput } from "@mantine/core";
import { useLocation } from "wouter";
import { useGateway } from "../../api/gateway";
import { changeService, createService, useService } from "../../api/upstreams";
import type { Tagged } from "../../api/client";
import type { Service } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Loaded, Page, Panel, Trouble } from "../../parts/page";
import { cleaned, hostOf, PrivateField } from "../upstreams/address";
import { badHeader, ConnectionFields, connectionInput, startConnection } from "../upstreams/connection";
import { PlaceFields, startPlace, useOnlyTeam } from "../upstreams/place";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export default function ServiceForm({ id }: { id: string }) {
  const service = useService(id);
  if (!id) return <Form />;
  if (service.data) return <Form service={service.data} />;
  return (
    <Page narrow title="Edit a service" crumb={{ label: "Services", href: "/services" }}>
      <Panel><Loaded query={service} rows={8}>{() => null}</Loaded></Panel>
    </Page>
  );
}

function Form({ service: found }: { service?: Tagged<Service> }) {
  const [service] = useState(found); // what the fields start from; a change is refused when it is not that any more
  const [, go] = useLocation();
  const gateway = useGateway().data?.gateway_url.replace(/\/$/, "") ?? "";
  const [draft, setDraft] = useState({
    name: service?.name ?? "", path_prefix: service?.path_prefix ?? "", base_url: service?.base_url ?? "", strip_prefix: service?.strip_prefix ?? true, methods: service?.methods ?? [],
    credential_header: service?.credential_header ?? "authorization", credential_scheme: service?.credential_scheme ?? "Bearer", allow_private: service?.allow_private ?? false,
    query_token_parameter: service?.query_token_parameter ?? "", allow_set_cookie: service?.allow_set_cookie ?? false, allow_websocket: service?.allow_websocket ?? false, sandbox_answers: service?.sandbox_answers ?? true,
  });
  const [credential, setCredential] = useState("");
  const [connection, setConnection] = useState(() => startConnection(service));
  const only = useOnlyTeam("services.write");
  const [place, setPlace] = useState(() => startPlace(service, only));
  const { isBusy, problem, errors, send } = useSending(["services", "service"]);
  const change = (part: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...part }));
  const save = () =>
    send(async () => {
      const wish = { ...draft, name: draft.name.trim(), allow_private: cleaned(draft.allow_private), query_token_parameter: draft.query_token_parameter || null, ...(credential ? { credential } : {}), ...connectionInput(connection, service), ...place };
      const { base_url, ...rest } = wish;
      const saved = service ? await changeService(service.id, base_url === service.base_url ? rest : wish, service.etag) : await createService(wish);
      say("credentials_cleared" in saved && saved.credentials_cleared ? "Saved. Its key and headers were cleared, because calls now go to another host" : service ? "Saved" : `${saved.name} published`);
      go(`/services/${saved.id}`);
    });
  const movesHost = service && service.keys.length > 0 && hostOf(draft.base_url) !== hostOf(service.base_url);
  return (
    <Page narrow title={service ? `Edit ${service.name}` : "Add a service"} crumb={{ label: "Services", href: "/services" }} lead="Calls below the path go to the address, with the caller's token taken out and the service's own credential put in.">
      {problem && !Object.keys(errors).length && <Trouble error={problem} />}
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <Panel title="Where">
          <div className="form">
            <div className="form-grid">
              <TextInput label="Name" required value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} error={errors.name} autoComplete="off" />
              <TextInput label="Path on the gateway" required placeholder="/orders" value={draft.path_prefix} onChange={(event) => change({ path_prefix: event.currentTarget.value.trim() })} error={errors.path_prefix} />
            </div>
            <PlaceFields value={place} onChange={setPlace} permission="services.write" errors={errors} />
            <TextInput label="Sent to" type="url" required placeholder="https://orders.example/v2" value={draft.base_url} onChange={(event) => change({ base_url: event.currentTarget.value.trim() })} error={errors.base_url} />
            <Switch label="Take the path's prefix away" checked={draft.strip_prefix} onChange={(event) => change({ strip_prefix: event.currentTarget.checked })} />
            {draft.path_prefix && draft.base_url && <p className="note"><span className="mono" style={{ overflowWrap: "anywhere" }}>{gateway}{draft.path_prefix}/7?x=1 → {draft.base_url.replace(/\/$/, "")}{draft.strip_prefix ? "" : draft.path_prefix}/7?x=1</span></p>}
            <PrivateField value={draft.allow_private} onChange={(allow_private) => change({ allow_private })} error={errors.allow_private} />
          </div>
        </Panel>
        <Panel title="Its own credential" note="What the service sees instead of the caller's token.">
          <div className="form">
            {movesHost && <p className="note note-warn">Calls will go to another host, so the stored key is cleared. Enter the key for the new host.</p>}
            <PasswordInput label="Key" value={credential} onChange={(event) => setCredential(event.currentTarget.value)} error={errors.credential} autoComplete="off" description={<>Stored encrypted; or <code>env:NAME</code>, <code>file:PATH</code>. {service?.keys.length ? "Empty: leave it as it is." : "Empty: none."}</>} />
            <div className="form-grid">
              <TextInput label="Header" value={draft.credential_header} onChange={(event) => change({ credential_header: event.currentTarget.value.trim() })} error={errors.credential_header} />
              <TextInput label="Scheme" description="Before the key; empty for the key alone" value={draft.credential_scheme} onChange={(event) => change({ credential_scheme: event.currentTarget.value.trim() })} error={errors.credential_scheme} />
            </div>
          </div>
        </Panel>
        <Panel title="Behaviour">
          <div className="form">
            <MultiSelect label="Methods" placeholder={draft.methods.length ? "" : "all"} data={METHODS} value={draft.methods} onChange={(methods) => change({ methods })} error={errors.methods} clearable />
            <Switch label="Sandbox answers in browsers" description="Adds a policy that keeps published pages from acting for the reader" checked={draft.sandbox_answers} onChange={(event) => change({ sandbox_answers: event.currentTarget.checked })} />
            <Switch label="Pass Set-Cookie to callers" checked={draft.allow_set_cookie} onChange={(event) => change({ allow_set_cookie: event.currentTarget.checked })} />
            <Switch label="Allow WebSocket" checked={draft.allow_websocket} onChange={(event) => change({ allow_websocket: event.currentTarget.checked })} />
            <TextInput label="Token in the query" description="The parameter that may carry a token, for callers that cannot send headers; empty: never" value={draft.query_token_parameter} onChange={(event) => change({ query_token_parameter: event.currentTarget.value.trim() })} error={errors.query_token_parameter} />
          </div>
        </Panel>
        <Panel><ConnectionFields value={connection} onChange={setConnection} stored={service} errors={errors} /></Panel>
        <div className="row-end">
          <Button variant="default" onClick={() => go(service ? `/services/${service.id}` : "/services")}>Cancel</Button>
          <Button type="submit" loading={isBusy} disabled={!draft.name.trim() || !draft.path_prefix || !draft.base_url || Boolean(badHeader(connection.headers))}>{service ? "Save" : "Publish"}</Button>
        </div>
      </form>
    </Page>
  );
}
