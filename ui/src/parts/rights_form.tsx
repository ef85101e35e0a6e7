/** The editor of one level's rights: each part can say nothing, which permits everything. */
import { useState, type ReactNode } from "react";
import { Button, Checkbox, Modal, MultiSelect, NumberInput, SegmentedControl, Switch, TagsInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { changeRights, useModelGroups, type GatewayRights, type OwnedRights, type RightsInput, type RightsOwner } from "../api/gateway_rights";
import { Problem, type Tagged } from "../api/client";
import { useModels, useServices } from "../api/upstreams";
import { complain, say } from "../frame/toasts";

type Lists = { allow: string[] | null; deny: string[] };
type Hours = GatewayRights["hours"];

const SCOPES = [
  ["generate", "Generate text"],
  ["embed", "Make embeddings"],
  ["count", "Count tokens"],
  ["models", "List models"],
  ["services", "Call services"],
  ["responses", "Read kept responses"],
] as const;
type Scope = (typeof SCOPES)[number][0];
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export function RightsDialog({ owner, name, owned, close }: { owner: RightsOwner; name: string; owned: Tagged<OwnedRights>; close: () => void }) {
  const client = useQueryClient();
  const [rights, setRights] = useState(owned.rights);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const set = (change: Partial<GatewayRights>) => setRights({ ...rights, ...change });
  const refresh = () => void client.invalidateQueries({ queryKey: ["gateway-rights"] });
  const save = async () => {
    setBusy(true);
    try {
      const changed = await changeRights(owner, inputOf(rights), owned.etag);
      refresh();
      say("Saved: the next call already knows", { label: "Undo", run: () => void changeRights(owner, inputOf(owned.rights), changed.etag).then(refresh, complain) });
      close();
    } catch (error) {
      setProblem(error instanceof Problem ? error : null);
      if (!(error instanceof Problem) || !Object.keys(error.fields).length) complain(error);
    } finally {
      setBusy(false);
    }
  };
  const errorOf = (place: string) => Object.entries(problem?.fields ?? {}).filter(([at]) => at === place || at.startsWith(`${place}/`)).map(([, words]) => words)[0];
  return (
    <Modal opened onClose={close} title={`Rights: ${name}`} size="xl">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <Scopes scopes={rights.scopes as Scope[] | null} onChange={(scopes) => set({ scopes })} />
        <ModelLists value={rights.models} onChange={(models) => set({ models })} errorOf={errorOf} />
        <ServiceLists value={rights.services} onChange={(services) => set({ services })} errorOf={errorOf} />
        <TagLists title="Routes" place="routes" hint="Such as GET /orders/{id}, POST /v1/chat/completions or * /shop/**" value={rights.routes} onChange={(routes) => set({ routes })} errorOf={errorOf} />
        <TagLists title="Networks" place="networks" hint="CIDR blocks, IPv4 or IPv6" value={rights.networks} onChange={(lists) => set({ networks: { ...rights.networks, ...lists } })} errorOf={errorOf}>
          <SegmentedControl aria-label="What networks do" value={rights.networks.mode} onChange={(mode) => set({ networks: { ...rights.networks, mode: mode as "enforce" | "watch" } })} data={[{ value: "enforce", label: "Refuse" }, { value: "watch", label: "Only watch" }]} />
        </TagLists>
        <HoursFields value={rights.hours} onChange={(hours) => set({ hours })} errorOf={errorOf} />
        <Parameters value={rights.parameters} onChange={(parameters) => set({ parameters })} error={errorOf("parameters/output_tokens_max")} />
        <p className="muted small">A deny wins over an allow. What is not restricted here may still be restricted by another level.</p>
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy}>Save</Button></div>
      </form>
    </Modal>
  );
}

function inputOf(rights: GatewayRights): RightsInput {
  return {
    scopes: rights.scopes as Scope[] | null,
    models: rights.models,
    services: rights.services,
    routes: rights.routes,
    networks: rights.networks,
    hours: rights.hours as NonNullable<RightsInput["hours"]>,
    parameters: rights.parameters,
  };
}

function Scopes({ scopes, onChange }: { scopes: Scope[] | null; onChange: (scopes: Scope[] | null) => void }) {
  return (
    <fieldset className="rights-part">
      <legend>What it may do</legend>
      <Switch label="Everything" checked={scopes === null} onChange={(event) => onChange(event.currentTarget.checked ? null : [])} />
      {scopes && <Checkbox.Group aria-label="What it may do" value={scopes} onChange={(chosen) => onChange(chosen as Scope[])}><div className="row-wrap">{SCOPES.map(([value, label]) => <Checkbox key={value} value={value} label={label} />)}</div></Checkbox.Group>}
    </fieldset>
  );
}

type ListsProps<T extends Lists> = { value: T; onChange: (lists: Lists) => void; errorOf: (place: string) => string | undefined };

function ModelLists({ value, onChange, errorOf }: ListsProps<Lists>) {
  const models = useModels().data?.items ?? [];
  const groups = useModelGroups().data?.items ?? [];
  const known = [...groups.map((group) => `group:${group.name}`), ...new Set(models.map((model) => model.name))];
  return <TagLists title="Models" place="models" hint="Names, patterns with *, or group:NAME" known={known} value={value} onChange={onChange} errorOf={errorOf} />;
}

function TagLists({ title, place, hint, known, value, onChange, errorOf, children }: ListsProps<Lists> & { title: string; place: string; hint: string; known?: string[]; children?: ReactNode }) {
  const { allow, deny } = value;
  return (
    <fieldset className="rights-part">
      <legend>{title}</legend>
      <div className="row-wrap"><Switch label={`All ${title.toLowerCase()}`} checked={allow === null} onChange={(event) => onChange({ allow: event.currentTarget.checked ? null : [], deny })} />{children}</div>
      {allow && <TagsInput label="Only these" description={hint} limit={100} maxDropdownHeight={220} data={known} value={allow} onChange={(next) => onChange({ allow: next, deny })} error={errorOf(`${place}/allow`)} />}
      <TagsInput label="Never these" description={allow ? undefined : hint} limit={100} maxDropdownHeight={220} data={known} value={deny} onChange={(next) => onChange({ allow, deny: next })} error={errorOf(`${place}/deny`)} />
    </fieldset>
  );
}

function ServiceLists({ value, onChange, errorOf }: ListsProps<Lists>) {
  const services = (useServices().data?.items ?? []).map((service) => ({ value: service.id, label: service.name }));
  const { allow, deny } = value;
  return (
    <fieldset className="rights-part">
      <legend>Services</legend>
      <Switch label="All services" checked={allow === null} onChange={(event) => onChange({ allow: event.currentTarget.checked ? null : [], deny })} />
      {allow && <MultiSelect label="Only these" searchable data={services} value={allow} onChange={(next) => onChange({ allow: next, deny })} error={errorOf("services/allow")} />}
      <MultiSelect label="Never these" searchable data={services} value={deny} onChange={(next) => onChange({ allow, deny: next })} error={errorOf("services/deny")} />
    </fieldset>
  );
}

function HoursFields({ value, onChange, errorOf }: { value: Hours; onChange: (hours: Hours) => void; errorOf: (place: string) => string | undefined }) {
  const windows = value.windows;
  const put = (at: number, change: Partial<NonNullable<Hours["windows"]>[number]>) => onChange({ ...value, windows: windows!.map((one, index) => (index === at ? { ...one, ...change } : one)) });
  return (
    <fieldset className="rights-part">
      <legend>Hours</legend>
      <Switch label="At any time" checked={windows === null} onChange={(event) => onChange(event.currentTarget.checked ? { ...value, windows: null } : { zone: value.zone === "UTC" ? Intl.DateTimeFormat().resolvedOptions().timeZone : value.zone, windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], start: "09:00", end: "17:00" }] })} />
      {windows && (
        <>
          <TextInput label="Time zone" description="Such as Europe/Berlin; daylight saving is followed" value={value.zone} onChange={(event) => onChange({ ...value, zone: event.currentTarget.value })} error={errorOf("hours/zone")} />
          {windows.map((one, index) => (
            <div key={index} className="row-wrap">
              <MultiSelect className="grow" aria-label={`Days ${index + 1}`} data={[...DAYS]} value={one.days} onChange={(days) => put(index, { days: DAYS.filter((day) => days.includes(day)) })} error={errorOf(`hours/windows/${index}`)} />
              <TextInput aria-label={`From ${index + 1}`} w={80} value={one.start} onChange={(event) => put(index, { start: event.currentTarget.value })} />
              <TextInput aria-label={`Until ${index + 1}`} w={80} value={one.end} onChange={(event) => put(index, { end: event.currentTarget.value })} />
              <Button variant="subtle" size="compact-sm" onClick={() => onChange({ ...value, windows: windows.filter((_, at) => at !== index) })}>Remove</Button>
            </div>
          ))}
          <div><Button variant="default" size="compact-sm" onClick={() => onChange({ ...value, windows: [...windows, { days: ["sat", "sun"], start: "00:00", end: "24:00" }] })}>Add hours</Button></div>
        </>
      )}
    </fieldset>
  );
}

function Parameters({ value, onChange, error }: { value: GatewayRights["parameters"]; onChange: (parameters: GatewayRights["parameters"]) => void; error?: string }) {
  return (
    <fieldset className="rights-part">
      <legend>Requests to models</legend>
      <NumberInput label="Most output tokens" description="Empty: no bound. A request that asks for more is refused; one that names no bound gets this" min={1} allowDecimal={false} value={value.output_tokens_max ?? ""} onChange={(most) => onChange({ ...value, output_tokens_max: typeof most === "number" ? most : null })} error={error} />
      <div className="row-wrap">
        <Checkbox label="No tools" checked={value.no_tools} onChange={(event) => onChange({ ...value, no_tools: event.currentTarget.checked })} />
        <Checkbox label="No pictures" checked={value.no_images} onChange={(event) => onChange({ ...value, no_images: event.currentTarget.checked })} />
        <Checkbox label="Streamed answers only" checked={value.streaming_only} onChange={(event) => onChange({ ...value, streaming_only: event.currentTarget.checked })} />
      </div>
    </fieldset>
  );
}
