/** The dialogs of a token's page: rename, limits, rights, extend, revoke. */
import { useState } from "react";
import { Button, Checkbox, Modal, MultiSelect, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Problem, type Tagged } from "../../api/client";
import { replaceToken, type IssuedToken } from "../../api/token_life";
import { changeToken } from "../../api/tokens";
import { useModels, useServices } from "../../api/upstreams";
import type { Token, TokenPatch } from "../../api/types";
import { complain, say } from "../../frame/toasts";
import { DAY } from "../../format/time";
import { Confirm } from "../../parts/confirm";
import { limitsInput, LimitsForm } from "../../parts/limits_form";
import { Ago } from "../../parts/words";
import { useTokenActs } from "./acts";
import { Replace, Replaced } from "./replace";
import { ScopesField } from "./scopes";

export type Dialog = "rename" | "limits" | "rights" | "scopes" | "extend" | "revoke" | "replace";

export function Dialogs({ token, dialog, close }: { token: Tagged<Token>; dialog: Dialog; close: () => void }) {
  if (dialog === "replace") return <Replace id={token.id} close={close} />;
  return dialog === "revoke" ? <Revoke token={token} close={close} /> : <Edit token={token} dialog={dialog} close={close} />;
}

function Revoke({ token, close }: { token: Tagged<Token>; close: () => void }) {
  const act = useTokenActs();
  const client = useQueryClient();
  const [isCompromised, setCompromised] = useState(false);
  const [isReplaced, setReplaced] = useState(false);
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const replace = async () => {
    try {
      setIssued(await replaceToken(token.id, { revoke: true, isCompromised }));
      for (const key of [["token", token.id], ["tokens"], ["attention"]]) void client.invalidateQueries({ queryKey: key });
    } catch (error) {
      complain(error);
      close();
    }
  };
  if (issued) return <Replaced token={issued} close={close} />;
  return (
    <Confirm title="Revoke this token" act={isReplaced ? "Revoke and replace" : "Revoke for ever"} typed={token.name} close={close} isKept={isReplaced} run={() => (isReplaced ? replace() : act([token], "revoke", { isCompromised }))}>
      <div className="form">
        <p>The next call with {token.masked} is refused, in every worker. This cannot be undone. {token.last_used_at ? <>It was last used <Ago value={token.last_used_at} />.</> : "It was never used."}</p>
        <Checkbox label="Somebody else has it: end the calls it is making now as well" checked={isCompromised} onChange={(event) => setCompromised(event.currentTarget.checked)} />
        <Checkbox label="Issue a replacement with the same rights, limits, owner and end" checked={isReplaced} onChange={(event) => setReplaced(event.currentTarget.checked)} />
      </div>
    </Confirm>
  );
}

const TITLES = { rename: "Rename", limits: "Limits and budgets", rights: "Rights", scopes: "What it may manage", extend: "Extend" };

function Edit({ token, dialog, close }: { token: Tagged<Token>; dialog: Exclude<Dialog, "revoke" | "replace">; close: () => void }) {
  const client = useQueryClient();
  const [etag] = useState(token.etag); // of what the fields below start from; the page reads the token again meanwhile
  const [name, setName] = useState(token.name);
  const [limits, setLimits] = useState(token.limits);
  const [models, setModels] = useState(token.models);
  const [services, setServices] = useState(token.services);
  const [scopes, setScopes] = useState(token.scopes);
  const [until, setUntil] = useState(() => inDays(90));
  const idleBefore = token.idle_seconds ? String(Number(((token.idle_seconds * 1000) / DAY).toFixed(2))) : "";
  const [idleDays, setIdleDays] = useState(idleBefore);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const wish: TokenPatch =
    dialog === "rename" ? { name: name.trim() } : dialog === "limits" ? { limits: limitsInput(limits) } : dialog === "rights" ? { models, services } : dialog === "scopes" ? { scopes } : { expires_at: until ? new Date(until).toISOString() : null, ...(idleDays === idleBefore ? {} : { idle_seconds: Number(idleDays) ? Math.round((Number(idleDays) * DAY) / 1000) : null }) };
  const before: TokenPatch = { name: token.name, limits: token.limits, models: token.models, services: token.services, scopes: token.scopes, expires_at: token.expires_at, idle_seconds: token.idle_seconds };
  const undo = Object.fromEntries(Object.keys(wish).map((key) => [key, before[key as keyof TokenPatch]])) as TokenPatch;
  const put = (changed: Token) => {
    client.setQueryData(["token", token.id], changed);
    for (const key of [["tokens"], ["token", token.id, "meters"], ["attention"]]) void client.invalidateQueries({ queryKey: key });
  };
  const save = async () => {
    setBusy(true);
    try {
      const changed = await changeToken(token.id, wish, etag);
      put(changed);
      say("Saved: the next call already knows", { label: "Undo", run: () => void changeToken(token.id, undo, changed.etag).then(put, complain) });
      close();
    } catch (error) {
      setProblem(error instanceof Problem ? error : null);
      if (!(error instanceof Problem) || !Object.keys(error.fields).length) complain(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={close} title={`${TITLES[dialog]}: ${token.name}`} size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {dialog === "rename" && <TextInput label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={problem?.fields.name} data-autofocus />}
        {dialog === "limits" && <LimitsForm value={limits} onChange={setLimits} errors={problem?.fields} />}
        {dialog === "rights" && <RightsForm models={models} services={services} setModels={setModels} setServices={setServices} />}
        {dialog === "scopes" && <ScopesField value={scopes} onChange={setScopes} error={Object.entries(problem?.fields ?? {}).find(([place]) => place.startsWith("scopes"))?.[1]} />}
        {dialog === "extend" && (
          <>
            <div className="row-wrap">{[30, 90, 365].map((days) => <Button key={days} variant="default" onClick={() => setUntil(inDays(days))}>{days === 365 ? "1 year" : `${days} days`}</Button>)}<Button variant="default" onClick={() => setUntil("")}>Never expires</Button></div>
            <TextInput type="datetime-local" label="Expires at" description={until ? "From now on; earlier than now ends the token" : "Empty: never"} value={until} onChange={(event) => setUntil(event.currentTarget.value)} error={problem?.fields.expires_at} />
            <TextInput label="Idle expiry, days" inputMode="decimal" description="Put to sleep when it was not used for so long; empty: never" value={idleDays} onChange={(event) => setIdleDays(event.currentTarget.value.replace(/[^0-9.]/g, ""))} error={problem?.fields.idle_seconds} />
          </>
        )}
        {dialog === "limits" && <p className="muted small">What was used so far in each window and period still counts.</p>}
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy}>Save</Button></div>
      </form>
    </Modal>
  );
}

function RightsForm({ models, services, setModels, setServices }: { models: string[] | null; services: string[] | null; setModels: (names: string[] | null) => void; setServices: (ids: string[] | null) => void }) {
  const known = useModels().data?.items ?? [];
  const published = useServices().data?.items ?? [];
  const names = [...new Set([...known.map((model) => model.name), ...(models ?? [])])];
  return (
    <>
      <Switch label="All models" checked={models === null} onChange={(event) => setModels(event.currentTarget.checked ? null : [])} />
      {models !== null && <MultiSelect label="Models" searchable limit={60} data={names} value={models} onChange={setModels} />}
      <Switch label="All services" checked={services === null} onChange={(event) => setServices(event.currentTarget.checked ? null : [])} />
      {services !== null && <MultiSelect label="Services" searchable data={published.map((service) => ({ value: service.id, label: service.name }))} value={services} onChange={setServices} />}
    </>
  );
}

function inDays(days: number): string {
  const at = new Date(Date.now() + days * DAY);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
