/** A token's page: state in words, rights, live limits and budgets, use, and the acts. */
import { useState } from "react";
import { ActionIcon, Button, Menu, Modal, MultiSelect, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import IconDots from "@tabler/icons-react/dist/esm/icons/IconDots.mjs";
import { Problem, type Tagged } from "../../api/client";
import { useFreshFigures } from "../../api/live";
import { changeToken, useToken, useTokenMeters } from "../../api/tokens";
import { useModels, useServices } from "../../api/upstreams";
import type { Token, TokenPatch } from "../../api/types";
import { useRange } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { exact } from "../../format/numbers";
import { DAY, instant } from "../../format/time";
import { Confirm } from "../../parts/confirm";
import { LimitBars, limitsInput, LimitsForm, rightsInWords } from "../../parts/limits";
import { Loaded, Page, Panel } from "../../parts/page";
import { Ago, Copy, When } from "../../parts/words";
import { Traffic } from "../home/traffic";
import { OwnUse } from "../usage/own_use";
import { useTokenActs } from "./acts";
import { TokenState } from "./tokens";

type Dialog = "rename" | "limits" | "rights" | "extend" | "revoke" | null;

export default function TokenPage({ id }: { id: string }) {
  useFreshFigures();
  const token = useToken(id);
  const [dialog, setDialog] = useState<Dialog>(null);
  return (
    <Page
      documentTitle={token.data?.name ?? "Token"}
      crumb={{ label: "Tokens", href: "/tokens" }}
      title={<span className="row-wrap">{token.data?.name ?? "Token"} {token.data && <span className="small"><TokenState token={token.data} /></span>}</span>}
      lead={<span className="row"><span className="mono">{token.data?.masked ?? `tws_${id}…`}</span><Copy text={id} label="Copy the token's id" /></span>}
      acts={token.data && <Acts token={token.data} open={setDialog} />}
    >
      <Loaded query={token} rows={12}>
        {(found) => (
          <>
            <Details token={found} open={setDialog} />
            {dialog && <Dialogs token={found} dialog={dialog} close={() => setDialog(null)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Acts({ token, open }: { token: Token; open: (dialog: Dialog) => void }) {
  const act = useTokenActs();
  if (token.state === "revoked") return null;
  return (
    <>
      {token.state === "active" && <Button variant="default" onClick={() => void act([token], "disable")}>Disable</Button>}
      {token.state === "disabled" && <Button variant="default" onClick={() => void act([token], "enable")}>Enable</Button>}
      <Button variant="default" onClick={() => open("extend")}>Extend</Button>
      <Button variant="default" onClick={() => open("limits")}>Edit limits</Button>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="default" size={30} aria-label="More acts"><IconDots size={16} /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => open("rename")}>Rename</Menu.Item>
          <Menu.Item onClick={() => open("rights")}>Edit rights</Menu.Item>
          <Menu.Item color="red" onClick={() => open("revoke")}>Revoke…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Details({ token, open }: { token: Token; open: (dialog: Dialog) => void }) {
  const range = useRange();
  const meters = useTokenMeters(token.id);
  const services = useServices().data?.items ?? [];
  const named = token.services?.map((id) => services.find((service) => service.id === id)?.name ?? id) ?? null;
  const isOver = token.state === "revoked";
  return (
    <>
      {sentence(token) && <div className="note note-warn">{sentence(token)}</div>}
      <div className="columns">
        <Panel title="Limits and budgets" acts={!isOver && <Button variant="subtle" size="compact-xs" onClick={() => open("limits")}>Edit</Button>}>
          <Loaded query={meters} rows={3}>{(found) => <LimitBars meters={found} />}</Loaded>
          {token.application_id && <p className="muted small" style={{ marginTop: 12 }}>The limits of <Link href={`/applications/${token.application_id}`}>{token.application_name ?? "its application"}</Link> apply as well.</p>}
        </Panel>
        <Panel title="Token" acts={!isOver && <Button variant="subtle" size="compact-xs" onClick={() => open("rights")}>Edit rights</Button>}>
          <dl className="facts">
            <dt>Application</dt><dd>{token.application_id ? <Link href={`/applications/${token.application_id}`}>{token.application_name ?? token.application_id}</Link> : "none"}</dd>
            <dt>Environment</dt><dd>{token.environment}</dd>
            <dt>Models</dt><dd>{token.models && token.models.length ? token.models.join(", ") : rightsInWords(token.models, "model")}</dd>
            <dt>Services</dt><dd>{named && named.length ? named.join(", ") : rightsInWords(named, "service")}</dd>
            <dt>Expires</dt><dd><When value={token.expires_at} none="never" /> {token.expires_at && <span className="muted">(<Ago value={token.expires_at} />)</span>}</dd>
            <dt>Created</dt><dd><When value={token.created_at} /> <span className="muted">by {token.created_by}</span></dd>
            <dt>First used</dt><dd><When value={token.first_used_at} none="never" /></dd>
            <dt>Last used</dt><dd><Ago value={token.last_used_at} />{token.last_address && <span className="muted"> from {token.last_address}{token.last_agent && ` with ${token.last_agent}`}</span>}</dd>
            <dt>Calls</dt><dd><Link href={`/calls?token=${token.id}`}>{exact(token.calls_total ?? 0)} in all</Link></dd>
          </dl>
        </Panel>
      </div>
      <Traffic range={range} filters={{ token: token.id }} empty="No call with this token in this time." />
      <OwnUse range={range} filters={{ token: token.id }} />
    </>
  );
}

function sentence(token: Token): string | null {
  if (token.state === "revoked") return `Revoked${token.revoked_at ? ` on ${instant(token.revoked_at)}` : ""}${token.revoked_reason ? `: ${token.revoked_reason}` : ""}. Its calls are refused for ever.`;
  if (token.state === "disabled") return "Switched off: its calls are refused until it is enabled again.";
  if (token.state === "expired") return "Expired: its calls are refused. Extend it to use it again, if its secret is still safe.";
  return null;
}

function Dialogs({ token, dialog, close }: { token: Tagged<Token>; dialog: Exclude<Dialog, null>; close: () => void }) {
  const act = useTokenActs();
  if (dialog === "revoke") {
    return (
      <Confirm title="Revoke this token" act="Revoke for ever" typed={token.name} close={close} run={() => act([token], "revoke")}>
        The next call with {token.masked} is refused, in every worker. This cannot be undone. {token.last_used_at ? <>It was last used <Ago value={token.last_used_at} />.</> : "It was never used."}
      </Confirm>
    );
  }
  return <Edit token={token} dialog={dialog} close={close} />;
}

const TITLES = { rename: "Rename", limits: "Limits and budgets", rights: "Rights", extend: "Extend" };

function Edit({ token, dialog, close }: { token: Tagged<Token>; dialog: "rename" | "limits" | "rights" | "extend"; close: () => void }) {
  const client = useQueryClient();
  const [etag] = useState(token.etag); // of what the fields below start from; the page reads the token again meanwhile
  const [name, setName] = useState(token.name);
  const [limits, setLimits] = useState(token.limits);
  const [models, setModels] = useState(token.models);
  const [services, setServices] = useState(token.services);
  const [until, setUntil] = useState(() => inDays(90));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const wish: TokenPatch =
    dialog === "rename" ? { name: name.trim() } : dialog === "limits" ? { limits: limitsInput(limits) } : dialog === "rights" ? { models, services } : { expires_at: until ? new Date(until).toISOString() : null };
  const before: TokenPatch = { name: token.name, limits: token.limits, models: token.models, services: token.services, expires_at: token.expires_at };
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
        {dialog === "extend" && (
          <>
            <div className="row-wrap">{[30, 90, 365].map((days) => <Button key={days} variant="default" onClick={() => setUntil(inDays(days))}>{days === 365 ? "1 year" : `${days} days`}</Button>)}<Button variant="default" onClick={() => setUntil("")}>Never expires</Button></div>
            <TextInput type="datetime-local" label="Expires at" description={until ? "From now on; earlier than now ends the token" : "Empty: never"} value={until} onChange={(event) => setUntil(event.currentTarget.value)} error={problem?.fields.expires_at} />
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
