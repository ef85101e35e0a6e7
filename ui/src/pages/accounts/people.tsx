/** Everybody who may sign in: search and filters in the URL, and invitations. */
import { useEffect, useMemo, useState } from "react";
import { Button, Select } from "@mantine/core";
import { Link } from "wouter";
import IconUsers from "@tabler/icons-react/dist/esm/icons/IconUsers.mjs";
import { useTeams } from "../../api/applications";
import { matchingPeople, useRoles, useUsers } from "../../api/people";
import { useRights } from "../../api/rights";
import type { Person } from "../../api/types";
import { useQueryPart } from "../../frame/range";
import { count } from "../../format/numbers";
import { AllMatching } from "../../parts/many";
import { Empty, Loading, Page, Panel, Trouble } from "../../parts/page";
import { SearchBox } from "../../parts/search";
import { Table, usePaged, type Column } from "../../parts/table";
import { Ago, State, When } from "../../parts/words";
import { Invite } from "./invite";
import { ManyPeople } from "./many";

export const PERSON_TONE: Record<Person["state"], string> = { active: "active", invited: "invited", deactivated: "disabled", deleted: "revoked" };

export default function People() {
  const [params, change] = useQueryPart();
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [isInviting, setInviting] = useState(false);
  const { may } = useRights();
  const filters = useMemo(() => ({ state: params.get("state") ?? "", role: params.get("role") ?? "", team_id: params.get("team") ?? "", search: params.get("search") ?? "" }), [params]);
  const users = useUsers(filters);
  const paged = usePaged(users);
  const roles = useRoles(may("roles.read")).data?.items ?? [];
  const teams = useTeams().data?.items ?? [];
  const { reset } = paged;
  useEffect(() => {
    reset();
    setChosen(new Set());
  }, [filters]); // a new list begins at its first page
  const hasFilters = Object.values(filters).some(Boolean);
  const invite = may("users.write") && <Button onClick={() => setInviting(true)}>Invite a person</Button>;
  return (
    <Page title="People" lead="Who may sign in to this console, with which role, and in which teams. Deactivating somebody ends their sessions and their own tokens at once." acts={invite}>
      <Panel flush foot={paged.foot || undefined}>
        <div className="table-tools">
          <SearchBox />
          <Select size="xs" w={140} aria-label="Filter by state" placeholder="State" clearable data={["active", "invited", "deactivated", "deleted"]} value={filters.state || null} onChange={(state) => change({ state })} />
          {roles.length > 0 && <Select size="xs" w={150} aria-label="Filter by role" placeholder="Role" clearable data={roles.map((role) => ({ value: role.id, label: role.name }))} value={filters.role || null} onChange={(role) => change({ role })} />}
          <Select size="xs" w={160} aria-label="Filter by team" placeholder="Team" clearable searchable data={teams.map((team) => ({ value: team.id, label: team.name }))} value={filters.team_id || null} onChange={(team) => change({ team })} />
        </div>
        <ManyPeople ids={[...chosen]} known={users.data?.pages.flatMap((page) => page.items) ?? []} clear={() => setChosen(new Set())}>
          <AllMatching list={users} rows={paged.rows} chosen={chosen} set={setChosen} name="users" filters={filters} find={() => matchingPeople(filters)} />
        </ManyPeople>
        {users.error && !users.data ? <div style={{ padding: 16 }}><Trouble error={users.error} retry={() => void users.refetch()} /></div> : !users.data ? <Loading rows={6} /> : paged.rows.length ? (
          <Table label="People" columns={COLUMNS} rows={paged.rows} keyOf={(person) => person.id} hrefOf={(person) => `/people/${person.id}`}
            selection={may("users.write") || may("members.write") ? { chosen, set: setChosen, nameOf: (key) => paged.rows.find((person) => person.id === key)?.name ?? key } : undefined} />
        ) : hasFilters ? (
          <Empty title="Nobody matches">The search looks at the beginning of names. Deleted people are shown only with their state.</Empty>
        ) : (
          <Empty icon={<IconUsers size={30} stroke={1.4} />} title="Nobody yet" act={invite}>Invite somebody: you get a link to hand to them, with which they choose their password.</Empty>
        )}
      </Panel>
      {isInviting && <Invite close={() => setInviting(false)} />}
    </Page>
  );
}

const COLUMNS: Column<Person>[] = [
  { id: "name", title: "Name", isFixed: true, show: (person) => <Link href={`/people/${person.id}`} className="nowrap">{person.name}</Link> },
  { id: "state", title: "State", show: (person) => <State value={PERSON_TONE[person.state]}>{person.state}</State> },
  { id: "role", title: "Role", show: (person) => <span className="nowrap">{person.role_name}</span> },
  { id: "teams", title: "Teams", show: (person) => (person.teams.length ? person.teams.map((team, index) => <span key={team.id} className="nowrap">{team.name}{index < person.teams.length - 1 && ", "}</span>) : <span className="muted">none</span>) },
  { id: "tokens", title: "Own tokens", isEnd: true, show: (person) => count(person.personal_tokens) },
  { id: "signed_in", title: "Signed in", show: (person) => <Ago value={person.signed_in_at} /> },
  { id: "created", title: "Since", show: (person) => <When value={person.created_at} /> },
];
