/** One person: role, teams, own tokens, and how their account ends. */
import { useState, type ReactNode } from "react";
import { Button, Modal, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { useTeams } from "../../api/applications";
import { changeUser, endUser, handOver, joinTeam, leaveTeam, linkUser, reactivateUser, resetFactors, useRoles, useUser, useUsers } from "../../api/people";
import { useRights } from "../../api/rights";
import { useTokens } from "../../api/tokens";
import type { Link as OneTime, Person } from "../../api/types";
import { complain, say } from "../../frame/toasts";
import { count, plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { More } from "../../parts/more";
import { OwnRights } from "../../parts/own_rights";
import { OwnedLimits } from "../../parts/owned_limits";
import { Loaded, Page, Panel } from "../../parts/page";
import { Table, usePaged } from "../../parts/table";
import { Ago, State, When } from "../../parts/words";
import { RevokeAll } from "../tokens/revoke_all";
import { TokenState } from "../tokens/tokens";
import { OneTimeLink } from "./invite";
import { Letters } from "./letters";
import { PERSON_TONE } from "./people";
import { SignedIn } from "./signed_in";

type Dialog = "deactivate" | "delete" | "hand-over" | "factors" | "revoke" | null;

const FACTOR_WORDS = { totp: "authenticator app", passkey: "passkey" };

export default function PersonPage({ id }: { id: string }) {
  const person = useUser(id);
  const client = useQueryClient();
  const [, go] = useLocation();
  const { may, reaches, userId } = useRights();
  const [dialog, setDialog] = useState<Dialog>(null);
  const [link, setLink] = useState<OneTime | null>(null);
  const fresh = (...keys: string[]) => ["user", "users", "roles", "tokens", "team", ...keys].forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
  const put = (changed: Person) => {
    client.setQueryData(["user", id], changed);
    fresh();
  };
  const isSelf = id === userId;
  const found = person.data;
  const end = async (act: "deactivate" | "delete") => {
    try {
      const ended = await endUser(id, act);
      say(`${ended.user.name} ${act === "delete" ? "deleted" : "deactivated"}: ${plural(ended.sessions, "session")} and ${plural(ended.tokens, "token")} ended`);
      if (act === "delete") go("/people");
      else put(ended.user);
      fresh();
    } catch (error) {
      complain(error);
    }
  };
  const acts = found && may("users.write") && (
    <>
      {found.state !== "deactivated" && <Button variant="default" onClick={() => void linkUser(id).then(setLink, complain)}>{found.state === "invited" ? "New invitation link" : "Reset password…"}</Button>}
      {found.personal_tokens > 0 && <Button variant="default" onClick={() => setDialog("hand-over")}>Hand over…</Button>}
      {found.state === "deactivated" ? <Button variant="default" onClick={() => void reactivateUser(id).then((changed) => { put(changed); say(`${changed.name} may sign in again`); }, complain)}>Reactivate</Button> : !isSelf && <Button variant="default" onClick={() => setDialog("deactivate")}>Deactivate…</Button>}
      <More acts={[
        found.second_factors.length > 0 && !isSelf && { label: "Reset second factors…", run: () => setDialog("factors") },
        found.personal_tokens > 0 && reaches("tokens.write", null, id) && { label: "Revoke all their tokens…", run: () => setDialog("revoke") },
        !isSelf && { label: "Delete…", run: () => setDialog("delete") },
      ]} />
    </>
  );
  return (
    <Page
      documentTitle={found?.name ?? "Person"}
      crumb={{ label: "People", href: "/people" }}
      title={<span className="row-wrap">{found?.name ?? "Person"} {found && <span className="small"><State value={PERSON_TONE[found.state]}>{found.state}</State></span>}{isSelf && <span className="tag tag-accent">you</span>}</span>}
      lead={found && <>{found.role_name} · since <When value={found.created_at} /> · signed in <Ago value={found.signed_in_at} /> · {found.second_factors.length ? `second factor: ${found.second_factors.map((kind) => FACTOR_WORDS[kind]).join(", ")}` : "no second factor"}</>}
      acts={acts}
    >
      <Loaded query={person} rows={8}>
        {(shown) => (
          <>
            <div className="columns">
              <RoleOf person={shown} put={put} />
              <TeamsOf person={shown} fresh={fresh} />
            </div>
            {may("sessions.read") && shown.state === "active" && <SignedIn id={id} name={shown.name} />}
            {may("tokens.read") && <OwnTokens id={id} />}
            <div className="columns">
              {may("limits.read") && <OwnedLimits level="user" id={id} note={<p className="muted small" style={{ marginTop: 12 }}>Over all calls with this person’s own tokens together.</p>} />}
              <OwnRights owner={{ level: "user", id }} name={shown.name} note="They hold for their own tokens at the gateway, and bound what they may give to others." canEdit={may("users.write")} />
            </div>
            <Letters person={shown} put={put} />
            {dialog === "revoke" && <RevokeAll whose={{ kind: "user", id }} name={shown.name} close={() => setDialog(null)} />}
            {(dialog === "deactivate" || dialog === "delete") && (
              <Confirm title={dialog === "delete" ? "Delete this person" : "Deactivate this person"} act={dialog === "delete" ? "Delete" : "Deactivate"} typed={dialog === "delete" || shown.personal_tokens ? shown.name : undefined} close={() => setDialog(null)} run={() => end(dialog)}>
                Their sessions end at once{shown.personal_tokens ? `, and ${plural(shown.personal_tokens, "token")} of their own ${shown.personal_tokens === 1 ? "is" : "are"} revoked for ever. Hand them over first if something still runs on them` : ""}. {dialog === "delete" ? "The name becomes free again; what they did stays in the records. This cannot be undone." : "They can be reactivated later."}
              </Confirm>
            )}
            {dialog === "factors" && (
              <Confirm title="Take second factors away" act="Take away" close={() => setDialog(null)} run={() => resetFactors(id).then((done) => { put(done.user); say(`${done.user.name} signs in by password alone; ${plural(done.sessions, "session")} ended`); }, complain)}>
                For somebody who has lost them: their {shown.second_factors.map((kind) => FACTOR_WORDS[kind]).join(" and ")} and recovery codes stop working, and their sessions end. Their password stays.
              </Confirm>
            )}
            {dialog === "hand-over" && <HandOver person={shown} close={() => setDialog(null)} done={() => fresh()} />}
            {link && <Modal opened onClose={() => setLink(null)} title={`A link for ${shown.name}`} size="lg"><OneTimeLink link={link} close={() => setLink(null)} /></Modal>}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function RoleOf({ person, put }: { person: Person; put: (person: Person) => void }) {
  const { may } = useRights();
  const roles = useRoles(may("roles.read")).data?.items ?? [];
  const role = roles.find((one) => one.id === person.role);
  const give = (id: string | null) => {
    if (!id || id === person.role) return;
    const before = person.role;
    void changeUser(person.id, { role: id }).then((changed) => {
      put(changed);
      say(`${changed.name} is ${changed.role_name} now`, { label: "Undo", run: () => void changeUser(person.id, { role: before }).then(put, complain) });
    }, complain);
  };
  return (
    <Panel title="Role" acts={may("roles.read") && <Link className="small" href="/roles">What roles permit</Link>}>
      <div className="stack-small">
        {may("users.write") ? (
          <Select aria-label="Role" data={roles.map((one) => ({ value: one.id, label: one.name }))} value={person.role} onChange={give} allowDeselect={false} maw={280} />
        ) : (
          <strong>{person.role_name}</strong>
        )}
        <p className="soft">{role?.description}</p>
        <p className="muted small">A change counts from their next request.</p>
      </div>
    </Panel>
  );
}

function TeamsOf({ person, fresh }: { person: Person; fresh: () => void }) {
  const { may } = useRights();
  const teams = useTeams().data?.items ?? [];
  const left = teams.filter((team) => !person.teams.some((one) => one.id === team.id));
  const act = (call: Promise<unknown>, text: string) => void call.then(() => { fresh(); say(text); }, complain);
  return (
    <Panel title="Teams">
      <div className="stack-small">
        {person.teams.length ? (
          <ul className="stack-small">
            {person.teams.map((team) => (
              <li key={team.id} className="row">
                <Link href={`/teams/${team.id}`} className="grow">{team.name}</Link>
                {may("members.write") && <Button variant="subtle" size="compact-sm" onClick={() => act(leaveTeam(team.id, person.id), `${person.name} left ${team.name}`)} aria-label={`Take ${person.name} out of ${team.name}`}>Remove</Button>}
              </li>
            ))}
          </ul>
        ) : (
          <p className="muted">In no team: a role that reaches teams reaches nothing yet.</p>
        )}
        {may("members.write") && left.length > 0 && (
          <Select aria-label="Add to a team" placeholder="Add to a team…" searchable data={left.map((team) => ({ value: team.id, label: team.name }))} value={null} onChange={(id) => id && act(joinTeam(id, person.id), `${person.name} joined ${teams.find((team) => team.id === id)?.name}`)} maw={280} />
        )}
      </div>
    </Panel>
  );
}

export function OwnTokens({ id, title = "Tokens of their own", acts }: { id: string; title?: string; acts?: ReactNode }) {
  const tokens = useTokens({ owner_id: id }, 10);
  const paged = usePaged(tokens);
  return (
    <Panel title={title} acts={acts} note="Tokens of applications belong to the application and outlive the person; these do not." flush foot={paged.foot || undefined}>
      <Loaded query={tokens} rows={3}>
        {() =>
          paged.rows.length ? (
            <Table label={title} rows={paged.rows} keyOf={(token) => token.id} hrefOf={(token) => `/tokens/${token.id}`} columns={[
              { id: "name", title: "Name", show: (token) => <Link href={`/tokens/${token.id}`}>{token.name}</Link> },
              { id: "state", title: "State", show: (token) => <TokenState token={token} /> },
              { id: "calls", title: "Calls", isEnd: true, show: (token) => count(token.calls_total ?? 0) },
              { id: "used", title: "Last used", show: (token) => <Ago value={token.last_used_at} /> },
            ]} />
          ) : (
            <p className="chart-empty">No token yet.</p>
          )
        }
      </Loaded>
    </Panel>
  );
}

function HandOver({ person, close, done }: { person: Person; close: () => void; done: () => void }) {
  const [search, setSearch] = useState("");
  const [to, setTo] = useState<string | null>(null);
  const others = (useUsers({ state: "active", search }, 20).data?.pages[0]?.items ?? []).filter((one) => one.id !== person.id);
  return (
    <Confirm title="Hand over tokens" act="Hand over" isDangerous={false} close={close} run={() => (to ? handOver(person.id, to).then((answer) => { say(`${plural(answer.tokens, "token")} handed over`); done(); }, complain) : Promise.resolve())}>
      <div className="stack-small">
        <p>{plural(person.personal_tokens, "token")} of {person.name} will belong to somebody else. Secrets, limits, budgets and use stay as they are.</p>
        <Select label="To" placeholder="A person who can sign in" searchable searchValue={search} onSearchChange={setSearch} data={others.map((one) => ({ value: one.id, label: one.name }))} value={to} onChange={setTo} />
      </div>
    </Confirm>
  );
}
