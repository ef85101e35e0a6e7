/** One service account: role, who answers for it, its tokens, and how it ends. */
import { useState } from "react";
import { Button, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { useRoles, useUsers } from "../../api/people";
import { useRights } from "../../api/rights";
import { changeServiceAccount, endServiceAccount, reactivateServiceAccount, useServiceAccount, type ServiceAccount } from "../../api/service_accounts";
import { useTokens } from "../../api/tokens";
import { complain, say } from "../../frame/toasts";
import { count, plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { Loaded, Page, Panel } from "../../parts/page";
import { Table, usePaged } from "../../parts/table";
import { Ago, State, When } from "../../parts/words";
import { TokenState } from "../tokens/tokens";
import { ACCOUNT_TONE, OwnerOf } from "./service_accounts";

export default function ServiceAccountPage({ id }: { id: string }) {
  const account = useServiceAccount(id);
  const client = useQueryClient();
  const [, go] = useLocation();
  const { reaches } = useRights();
  const [dialog, setDialog] = useState<"deactivate" | "delete" | null>(null);
  const found = account.data;
  const mayChange = Boolean(found) && reaches("service_accounts.write", found!.team_id, found!.owner_id);
  const fresh = () => ["service-accounts", "tokens", "attention"].forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
  const put = (changed: ServiceAccount) => {
    client.setQueryData(["service-account", id], changed);
    fresh();
  };
  const end = async (act: "deactivate" | "delete") => {
    try {
      const ended = await endServiceAccount(id, act);
      say(`${ended.account.name} ${act === "delete" ? "deleted" : "deactivated"}: ${plural(ended.tokens, "token")} ended`);
      if (act === "delete") go("/service-accounts");
      else put(ended.account);
      fresh();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Page
      documentTitle={found?.name ?? "Service account"}
      crumb={{ label: "Service accounts", href: "/service-accounts" }}
      title={<span className="row-wrap">{found?.name ?? "Service account"} {found && <span className="small"><State value={ACCOUNT_TONE[found.state]}>{found.state}</State></span>}</span>}
      lead={found && <>{found.role_name} in {found.team_name} · since <When value={found.created_at} /></>}
      acts={found && mayChange && (
        <>
          {found.state === "deactivated" ? <Button variant="default" onClick={() => void reactivateServiceAccount(id).then((changed) => { put(changed); say(`${changed.name} may have tokens again`); }, complain)}>Reactivate</Button> : <Button variant="default" onClick={() => setDialog("deactivate")}>Deactivate…</Button>}
          <Button variant="default" onClick={() => setDialog("delete")}>Delete…</Button>
        </>
      )}
    >
      <Loaded query={account} rows={8}>
        {(shown) => (
          <>
            {!shown.owner_id && <div className="note note-warn">Who answered for it has left. Its team does now: name somebody.</div>}
            <div className="columns">
              <RoleOf account={shown} put={put} mayChange={mayChange} />
              <Answers account={shown} put={put} mayChange={mayChange} />
            </div>
            <OwnTokens account={shown} />
            {dialog && (
              <Confirm title={dialog === "delete" ? "Delete this service account" : "Deactivate this service account"} act={dialog === "delete" ? "Delete" : "Deactivate"} typed={shown.name} close={() => setDialog(null)} run={() => end(dialog)}>
                {shown.tokens ? `${plural(shown.tokens, "token")} of its own ${shown.tokens === 1 ? "is" : "are"} revoked at once and for ever: whatever runs on them stops.` : "It has no token."} {dialog === "delete" ? "The name becomes free again; what it did stays in the records. This cannot be undone." : "It can be reactivated later, and then needs new tokens."}
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

type Part = { account: ServiceAccount; put: (account: ServiceAccount) => void; mayChange: boolean };

function RoleOf({ account, put, mayChange }: Part) {
  const { may } = useRights();
  const roles = useRoles(may("roles.read")).data?.items ?? [];
  const give = (role: string | null) => {
    if (!role || role === account.role) return;
    void changeServiceAccount(account.id, { role }).then((changed) => { put(changed); say(`${changed.name} is ${changed.role_name} now`); }, complain);
  };
  return (
    <Panel title="Role" acts={may("roles.read") && <Link className="small" href="/roles">What roles permit</Link>}>
      <div className="stack-small">
        {mayChange && roles.length > 0 ? (
          <Select aria-label="Role" data={roles.filter((one) => one.id !== "owner").map((one) => ({ value: one.id, label: one.name }))} value={account.role} onChange={give} allowDeselect={false} maw={280} />
        ) : (
          <strong>{account.role_name}</strong>
        )}
        <p className="soft">The most that its tokens may do at the management API, in {account.team_name}. A token does only what its own scopes say, too; for calls to models and services it needs none.</p>
      </div>
    </Panel>
  );
}

function Answers({ account, put, mayChange }: Part) {
  const { may } = useRights();
  const people = useUsers({ team_id: account.team_id }, 200, mayChange && may("users.read")).data?.pages.flatMap((page) => page.items) ?? [];
  const choices = people.filter((one) => one.state === "active" || one.id === account.owner_id);
  const name = (owner: string | null) => {
    if (!owner || owner === account.owner_id) return;
    void changeServiceAccount(account.id, { owner_id: owner }).then((changed) => { put(changed); say(`${changed.owner_name} answers for ${changed.name} now`); }, complain);
  };
  return (
    <Panel title="Answers for it">
      <div className="stack-small">
        {mayChange && choices.length > 0 ? <Select aria-label="Answers for it" placeholder="Nobody: the team" searchable data={choices.map((one) => ({ value: one.id, label: one.name }))} value={account.owner_id} onChange={name} allowDeselect={false} maw={280} /> : <strong><OwnerOf account={account} /></strong>}
        <p className="muted small">Not who may use it: that is who has its tokens. Everybody of the team whose role permits it may change the account.</p>
      </div>
    </Panel>
  );
}

function OwnTokens({ account }: { account: ServiceAccount }) {
  const { may, reaches } = useRights();
  const tokens = useTokens({ owner_id: account.id }, 10);
  const paged = usePaged(tokens);
  if (!may("tokens.read")) return null;
  const canIssue = account.state === "active" && reaches("tokens.write", account.team_id);
  return (
    <Panel title="Tokens" flush acts={canIssue && <Link className="small" href={`/tokens/new?account=${account.id}`}>New token</Link>} foot={paged.foot || undefined}>
      <Loaded query={tokens} rows={3}>
        {() =>
          paged.rows.length ? (
            <Table label="Tokens of this service account" rows={paged.rows} keyOf={(token) => token.id} hrefOf={(token) => `/tokens/${token.id}`} columns={[
              { id: "name", title: "Name", show: (token) => <Link href={`/tokens/${token.id}`}>{token.name}</Link> },
              { id: "state", title: "State", show: (token) => <TokenState token={token} /> },
              { id: "scopes", title: "Manages", show: (token) => (token.scopes.length ? plural(token.scopes.length, "scope") : <span className="muted">nothing</span>) },
              { id: "calls", title: "Calls", isEnd: true, show: (token) => count(token.calls_total ?? 0) },
              { id: "used", title: "Last used", show: (token) => <Ago value={token.last_used_at} /> },
            ]} />
          ) : (
            <p className="chart-empty">It has no token yet, so that it can do nothing.</p>
          )
        }
      </Loaded>
    </Panel>
  );
}
