/** Adding a provider, and changing one. */
import { useState } from "react";
import { Button, NumberInput, PasswordInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useLocation } from "wouter";
import { changeProvider, createProvider, useProvider, useProviderKinds } from "../../api/upstreams";
import type { Tagged } from "../../api/client";
import type { Provider } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Loaded, Page, Panel, Trouble } from "../../parts/page";
import { cleaned, hostOf, PrivateField, type Private } from "./address";
import { badHeader, ConnectionFields, connectionInput, startConnection } from "./connection";
import { PlaceFields, startPlace, useOnlyTeam } from "./place";

export default function ProviderForm({ id }: { id: string }) {
  const provider = useProvider(id);
  if (!id) return <Form />;
  if (provider.data) return <Form provider={provider.data} />;
  return (
    <Page narrow title="Edit a provider" crumb={{ label: "Providers", href: "/providers" }}>
      <Panel><Loaded query={provider} rows={8}>{() => null}</Loaded></Panel>
    </Page>
  );
}

function Form({ provider: found }: { provider?: Tagged<Provider> }) {
  const [provider] = useState(found); // what the fields start from; a change is refused when it is not that any more
  const kinds = useProviderKinds().data?.items ?? [];
  const [, go] = useLocation();
  const [kindName, setKind] = useState(provider?.kind ?? "");
  const [name, setName] = useState(provider?.name ?? "");
  const [baseUrl, setBaseUrl] = useState(provider?.base_url ?? "");
  const [credential, setCredential] = useState("");
  const [models, setModels] = useState(provider?.models.map((model) => model.name) ?? ["*"]);
  const [priority, setPriority] = useState(provider?.priority ?? 100);
  const [isPrivate, setPrivate] = useState<Private>(provider?.allow_private ?? false);
  const [connection, setConnection] = useState(() => startConnection(provider));
  const only = useOnlyTeam("providers.write");
  const [place, setPlace] = useState(() => startPlace(provider, only));
  const { isBusy, problem, errors, send } = useSending(["providers", "provider", "models", "checklist", "gateway", "attention"]);
  const kind = kinds.find((entry) => entry.kind === kindName);
  const choose = (next: string | null) => {
    const chosen = kinds.find((entry) => entry.kind === next);
    if (!chosen) return;
    if (!name || kinds.some((entry) => entry.kind === name)) setName(chosen.kind);
    setBaseUrl(chosen.base_url);
    setKind(chosen.kind);
  };
  const save = () =>
    send(async () => {
      const offers = models.map((model) => provider?.models.find((offer) => offer.name === model) ?? model);
      const shared = { name: name.trim(), models: offers, priority, allow_private: cleaned(isPrivate), ...(credential ? { credential } : {}), ...connectionInput(connection, provider), ...place };
      if (provider) {
        const changed = await changeProvider(provider.id, { ...shared, ...(baseUrl !== provider.base_url ? { base_url: baseUrl } : {}) }, provider.etag);
        say(changed.credentials_cleared ? "Saved. Keys and headers were cleared, because calls now go to another host" : "Saved");
        go(`/providers/${changed.id}`);
      } else {
        const made = await createProvider({ ...shared, kind: kindName, base_url: baseUrl || undefined });
        say(`${made.name} added`);
        go(`/providers/${made.id}?test=1`);
      }
    });
  const movesHost = provider && provider.keys.length > 0 && hostOf(baseUrl) !== hostOf(provider.base_url);
  return (
    <Page narrow title={provider ? `Edit ${provider.name}` : "Add a provider"} crumb={{ label: "Providers", href: "/providers" }} lead="Where AI calls are sent: a vendor with your key, or a server of your own that speaks the same API.">
      {problem && !Object.keys(errors).length && <Trouble error={problem} />}
      <Panel>
        <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
          <div className="form-grid">
            <Select label="Kind" required searchable disabled={Boolean(provider)} placeholder="Choose" data={kinds.map((entry) => ({ value: entry.kind, label: entry.title }))} value={kindName || null} onChange={choose} error={errors.kind}
              description={provider ? "It stays what it was added as" : kind?.docs_url ? "How it is spoken to" : "Kinds that are not listed work as OpenAI-compatible"} />
            <TextInput label="Name" description="Also the first part of qualified model names" required value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} autoComplete="off" />
          </div>
          <PlaceFields value={place} onChange={setPlace} permission="providers.write" errors={errors} />
          <TextInput label="Base URL" type="url" required={kind?.base_url === ""} value={baseUrl} onChange={(event) => setBaseUrl(event.currentTarget.value.trim())} error={errors.base_url} placeholder="https://…/v1" />
          {movesHost && <p className="note note-warn">Calls will go to another host, so the stored keys are cleared. Enter the key for the new host below.</p>}
          <PasswordInput label="Key" required={!provider && kind?.needs_credential} value={credential} onChange={(event) => setCredential(event.currentTarget.value)} error={errors.credential ?? errors.credentials} autoComplete="off"
            description={<>Stored encrypted and never shown again; or a reference: <code>env:NAME</code>, <code>file:PATH</code>. {provider ? "Empty: leave the keys as they are." : ""} {kind?.docs_url && <a href={kind.docs_url} target="_blank" rel="noreferrer">Where to get one</a>}</>} />
          <TagsInput label="Models" description="* offers all that are known. Type a name and press Enter to offer only some" value={models} onChange={setModels} error={errors.models} />
          <div className="form-grid form-grid-top">
            <NumberInput label="Priority" description="Lower is tried first when several offer a model" min={0} allowDecimal={false} value={priority} onChange={(value) => setPriority(Number(value) || 0)} error={errors.priority} />
            <PrivateField value={isPrivate} onChange={setPrivate} error={errors.allow_private} />
          </div>
          <ConnectionFields value={connection} onChange={setConnection} stored={provider} errors={errors} />
          <div className="row-end">
            <Button variant="default" onClick={() => go(provider ? `/providers/${provider.id}` : "/providers")}>Cancel</Button>
            <Button type="submit" loading={isBusy} disabled={!kindName || !name.trim() || Boolean(badHeader(connection.headers))}>{provider ? "Save" : "Add and test"}</Button>
          </div>
        </form>
      </Panel>
    </Page>
  );
}
