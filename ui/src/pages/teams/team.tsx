/** One team: who is in it, what it owns, what it uses. */
import { useState } from "react";
import { Button, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { useApplications } from "../../api/applications";
import { deleteTeam, joinTeam, leaveTeam, useMembers, useTeam, useUsers } from "../../api/people";
import { useRights } from "../../api/rights";
import { useFreshFigures } from "../../api/live";
import { useRange } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { Confirm } from "../../parts/confirm";
import { More } from "../../parts/more";
import { OwnRights } from "../../parts/own_rights";
import { OwnedLimits } from "../../parts/owned_limits";
import { Loaded, Page, Panel } from "../../parts/page";
import { Table, usePaged } from "../../parts/table";
import { State, When } from "../../parts/words";
import { PERSON_TONE } from "../accounts/people";
import { Traffic } from "../home/traffic";
import { RevokeAll } from "../tokens/revoke_all";
import { OwnUse } from "../usage/own_use";
import { TeamForm } from "./form";

export default function TeamPage({ id }: { id: string }) {
  useFreshFigures();
  const team = useTeam(id);
  const range = useRange();
  const client = useQueryClient();
  const [, go] = useLocation();
  const { may, reaches } = useRights();
  const [dialog, setDialog] = useState<"rename" | "delete" | "revoke" | null>(null);
  const found = team.data;
  return (
    <Page
      documentTitle={found?.name ?? "Team"}
      crumb={{ label: "Teams", href: "/teams" }}
      title={<span className="row-wrap">{found?.name ?? "Team"} {found?.is_default && <span className="tag">default</span>}</span>}
      lead={found && <>Created <When value={found.created_at} /></>}
      acts={found && (
        <>
          {may("teams.write") && <Button variant="default" onClick={() => setDialog("rename")}>Rename</Button>}
          <More acts={[
            reaches("tokens.write", id) && { label: "Revoke all its tokens…", run: () => setDialog("revoke") },
            may("teams.write") && !found.is_default && { label: "Delete…", run: () => setDialog("delete") },
          ]} />
        </>
      )}
    >
      <Loaded query={team} rows={10}>
        {(shown) => (
          <>
            <div className="columns">
              <MembersOf id={id} name={shown.name} />
              {may("applications.read") && <ApplicationsOf id={id} />}
            </div>
            <div className="columns">
              {may("limits.read") && <OwnedLimits level="team" id={id} note={<p className="muted small" style={{ marginTop: 12 }}>Over all calls of the team’s applications together.</p>} />}
              <OwnRights owner={{ level: "team", id }} name={shown.name} note="They hold for the tokens of its applications." canEdit={may("teams.write")} />
            </div>
            {may("usage.read") && (
              <>
                <Traffic range={range} filters={{ team: id }} empty="No call by this team in this time." />
                <OwnUse range={range} filters={{ team: id }} by={["application", "model"]} />
              </>
            )}
            {dialog === "rename" && <TeamForm team={shown} close={() => setDialog(null)} />}
            {dialog === "revoke" && <RevokeAll whose={{ kind: "team", id }} name={shown.name} close={() => setDialog(null)} />}
            {dialog === "delete" && (
              <Confirm title="Delete this team" act="Delete" typed={shown.name} close={() => setDialog(null)}
                run={() => deleteTeam(id).then(() => { say(`${shown.name} deleted`); void client.invalidateQueries({ queryKey: ["teams"] }); go("/teams"); }, complain)}>
                Its members leave it. A team that still owns applications cannot be deleted; move or delete those first.
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function MembersOf({ id, name }: { id: string; name: string }) {
  const members = useMembers(id);
  const paged = usePaged(members);
  const client = useQueryClient();
  const { may } = useRights();
  const act = (call: Promise<unknown>, text: string) =>
    void call.then(() => {
      ["team", "users", "user"].forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
      say(text);
    }, complain);
  return (
    <Panel title="People" flush foot={paged.foot || undefined}>
      {may("members.write") && may("users.read") && <div className="table-tools"><AddPerson add={(who) => act(joinTeam(id, who.id), `${who.name} joined ${name}`)} /></div>}
      <Loaded query={members} rows={4}>
        {() =>
          paged.rows.length ? (
            <Table label="People in this team" rows={paged.rows} keyOf={(one) => one.user_id} hrefOf={may("users.read") ? (one) => `/people/${one.user_id}` : undefined} columns={[
              { id: "name", title: "Name", show: (one) => (may("users.read") ? <Link href={`/people/${one.user_id}`}>{one.name}</Link> : one.name) },
              { id: "state", title: "State", show: (one) => <State value={PERSON_TONE[one.state]}>{one.state}</State> },
              { id: "role", title: "Role", show: (one) => <span className="nowrap">{one.role_name}</span> },
              { id: "joined", title: "Joined", show: (one) => <When value={one.joined_at} /> },
              ...(may("members.write") ? [{ id: "act", title: "Acts", isEnd: true, show: (one: { user_id: string; name: string }) => <Button variant="subtle" size="compact-sm" aria-label={`Take ${one.name} out of the team`} onClick={() => act(leaveTeam(id, one.user_id), `${one.name} left ${name}`)}>Remove</Button> }] : []),
            ]} />
          ) : (
            <p className="chart-empty">Nobody is in this team yet.</p>
          )
        }
      </Loaded>
    </Panel>
  );
}

function AddPerson({ add }: { add: (person: { id: string; name: string }) => void }) {
  const [search, setSearch] = useState("");
  const found = useUsers({ search }, 20).data?.pages[0]?.items ?? [];
  return (
    <Select size="xs" w={240} aria-label="Add a person to this team" placeholder="Add a person…" searchable searchValue={search} onSearchChange={setSearch} value={null}
      data={found.map((one) => ({ value: one.id, label: one.name }))} onChange={(id) => { const who = found.find((one) => one.id === id); if (who) add(who); setSearch(""); }} />
  );
}

function ApplicationsOf({ id }: { id: string }) {
  const applications = useApplications();
  return (
    <Panel title="Applications" flush>
      <Loaded query={applications} rows={4}>
        {({ items }) => {
          const own = items.filter((item) => item.team_id === id);
          return own.length ? (
            <Table label="Applications of this team" rows={own} keyOf={(item) => item.id} hrefOf={(item) => `/applications/${item.id}`} columns={[
              { id: "name", title: "Name", show: (item) => <Link href={`/applications/${item.id}`}>{item.name}</Link> },
              { id: "state", title: "State", show: (item) => <State value={item.state} /> },
            ]} />
          ) : (
            <p className="chart-empty">This team owns no application yet.</p>
          );
        }}
      </Loaded>
    </Panel>
  );
}
