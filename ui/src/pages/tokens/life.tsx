/** A token's secrets with the evidence of their use, where it is used from, and what holds it back; with the acts on them. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { changeLife, useLife, type Life, type LifeAct, type OldSecret } from "../../api/token_life";
import type { Token } from "../../api/types";
import { complain, say } from "../../frame/toasts";
import { count, exact, plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { Loaded, Panel } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { By } from "../../parts/actors";
import { Ago, State, When } from "../../parts/words";
import { Replace } from "./replace";
import { LifeDialogs, type LifeDialog } from "./life_dialogs";

const SAID: Record<LifeAct, string> = {
  "end-overlap": "the old secret is refused from the next call on",
  "cancel-rotation": "the old secret is the token's again; the new one is refused",
  release: "it may do again what it may",
  wake: "it works again, with the expiry it had",
};

const IDLE_WARNING_MS = 30 * 86_400_000;

export function TokenLife({ token, canEdit }: { token: Token; canEdit: boolean }) {
  const life = useLife(token.id);
  const client = useQueryClient();
  const [dialog, setDialog] = useState<LifeDialog | "end" | "replace" | null>(null);
  const refresh = () => {
    for (const key of [["token", token.id], ["tokens"], ["attention"]]) void client.invalidateQueries({ queryKey: key });
  };
  const act = async (wanted: LifeAct) => {
    try {
      await changeLife(token.id, wanted);
      say(`${token.name}: ${SAID[wanted]}`);
    } catch (error) {
      complain(error);
    }
    refresh();
  };
  const isOver = !canEdit || token.state === "revoked" || token.state === "expired";
  return (
    <Loaded query={life} rows={4}>
      {(found) => (
        <>
          <Held token={token} life={found} canEdit={canEdit} act={act} collect={() => setDialog("collect")} link={() => setDialog("link")} replace={() => setDialog("replace")} />
          <div className="columns">
            <Panel
              title="Secrets"
              flush
              acts={!isOver && (
                <>
                  {token.is_rotating && <Button variant="subtle" size="compact-xs" onClick={() => void act("cancel-rotation")}>Undo the rotation</Button>}
                  {token.is_rotating && <Button variant="subtle" size="compact-xs" onClick={() => setDialog("end")}>End the overlap</Button>}
                  <Button variant="subtle" size="compact-xs" onClick={() => setDialog("rotate")}>Rotate</Button>
                  <Button variant="subtle" size="compact-xs" onClick={() => setDialog("link")}>Give by link</Button>
                  {token.state === "active" && <Button variant="subtle" size="compact-xs" onClick={() => setDialog("quarantine")}>Quarantine</Button>}
                </>
              )}
            >
              <Secrets life={found} />
            </Panel>
            <Panel title="Used from" flush><Addresses life={found} /></Panel>
          </div>
          {dialog === "end" && (
            <Confirm title="End the overlap" act="End it now" isDangerous={!isSafe(found)} close={() => setDialog(null)} run={() => act("end-overlap")}>
              {isSafe(found) ? "The old secret was not used for long enough: ending it is safe." : "The old secret may still be in use: calls with it are refused from the next one on."}
            </Confirm>
          )}
          {dialog === "replace" && <Replace id={token.id} close={() => setDialog(null)} done={refresh} />}
          {dialog && dialog !== "end" && dialog !== "replace" && <LifeDialogs token={token} dialog={dialog} close={() => { setDialog(null); refresh(); }} />}
        </>
      )}
    </Loaded>
  );
}

const isSafe = (life: Life) => (life.secrets ?? []).every((secret) => secret.is_safe_to_end);

function Held({ token, life, canEdit, act, collect, link, replace }: { token: Token; life: Life; canEdit: boolean; act: (act: LifeAct) => Promise<void>; collect: () => void; link: () => void; replace: () => void }) {
  const held = token.state === "quarantined" ? life.quarantine : null;
  return (
    <>
      {life.replaced_by && <div className="note"><span>Another token has taken its place: <Link className="mono" href={`/tokens/${life.replaced_by}`}>{life.replaced_by}</Link></span></div>}
      {life.replaces && <div className="note"><span>It took the place of <Link className="mono" href={`/tokens/${life.replaces}`}>{life.replaces}</Link></span></div>}
      {held && (
        <div className="note note-warn">
          <span className="grow">Quarantined <Ago value={held.since} /> by <By actor={held.by} />{held.reason && `: ${held.reason}`}. Refused: {held.denied.join(", ")}; everything else at most {held.requests_per_minute} times a minute.</span>
          {canEdit && <span className="row"><Button variant="default" size="compact-sm" onClick={replace}>Replace</Button><Button variant="default" size="compact-sm" onClick={() => void act("release")}>Release</Button></span>}
        </div>
      )}
      {life.idle_since && (
        <div className="note note-warn"><span className="grow">Ended <Ago value={life.idle_since} />, because it was not used.</span>{canEdit && <Button variant="default" size="compact-sm" onClick={() => void act("wake")}>Bring it back</Button>}</div>
      )}
      {!life.idle_since && life.idle_ends_at && Date.parse(life.idle_ends_at) - Date.now() < IDLE_WARNING_MS && (
        <div className="note note-warn"><span className="grow">It was not used for long: it ends <When value={life.idle_ends_at} /> unless it is used or changed before.</span></div>
      )}
      {life.waiting && (
        <div className="note note-warn">
          <span className="grow">A new secret waits to be collected until <When value={life.waiting.until} />{life.waiting.by_webhook && " by the policy’s webhook"}{life.waiting.mail_to && ` by ${life.waiting.mail_to}, who ${life.waiting.is_mailed ? "was" : "will be"} sent a link`}. The old one works until then.</span>
          {canEdit && <span className="row"><Button variant="default" size="compact-sm" onClick={link}>Give by link</Button><Button variant="default" size="compact-sm" onClick={collect}>Show it once</Button></span>}
        </div>
      )}
    </>
  );
}

function Secrets({ life }: { life: Life }) {
  if (!life.secrets) return <p className="panel-note">How its secrets are used is not known while the ledger does not answer.</p>;
  if (!life.secrets.length) return <p className="panel-note">One secret, since <When value={life.secret_since} />. Rotate it without a moment of refused calls: the old one works beside the new for as long as you say.</p>;
  return <Table label="Secrets that were replaced" columns={SECRETS} rows={life.secrets} keyOf={(secret) => String(secret.generation)} />;
}

const SECRETS: Column<OldSecret>[] = [
  { id: "secret", title: "Secret", show: (secret) => <span className="nowrap">{secret.generation} <span className="muted">replaced <Ago value={secret.replaced_at} /></span></span> },
  { id: "works", title: "Works", show: (secret) => (!secret.is_working ? <State value="expired">no more</State> : secret.works_until ? <State value="active">until <Ago value={secret.works_until} /></State> : <State value="active">until the new one is collected</State>) },
  { id: "uses", title: "Used since", show: (secret) => (secret.calls ? <span>{plural(secret.calls, "time")}, last <Ago value={secret.last_used_at} /> from {secret.last_address || "somewhere"}{secret.last_agent && <span className="muted"> with {secret.last_agent}</span>}</span> : <span className="muted">never</span>) },
  { id: "safe", title: "Safe to end", show: (secret) => <State value={secret.is_safe_to_end ? "ok" : "limited"}>{secret.is_safe_to_end ? "Yes" : "No"}</State> },
];

function Addresses({ life }: { life: Life }) {
  if (!life.addresses) return <p className="panel-note">Not known while the ledger does not answer.</p>;
  if (!life.addresses.length) return <p className="panel-note">It was never used.</p>;
  return <Table label="Addresses it was used from" columns={ADDRESSES} rows={life.addresses} keyOf={(each) => each.address} />;
}

type Address = NonNullable<Life["addresses"]>[number];

const ADDRESSES: Column<Address>[] = [
  { id: "address", title: "Address", show: (each) => <span className="mono">{each.address}</span> },
  { id: "client", title: "Client", show: (each) => <span className="muted small">{each.agent}</span> },
  { id: "calls", title: "Calls", isEnd: true, show: (each) => <span title={exact(each.calls)}>{count(each.calls)}</span> },
  { id: "last", title: "Last", show: (each) => <Ago value={each.last_used_at} /> },
];
