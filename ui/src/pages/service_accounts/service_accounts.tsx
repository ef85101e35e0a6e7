/** Service accounts: search and filters in the URL, and making one. */
import { useEffect, useMemo, useState } from "react";
import { Button, Modal, Select, Switch, TextInput } from "@mantine/core";
import { Link, useLocation } from "wouter";
import IconRobot from "@tabler/icons-react/dist/esm/icons/IconRobot.mjs";
import { useTeams } from "../../api/applications";
import { useRoles, useUsers } from "../../api/people";
import { useRights } from "../../api/rights";
import { createServiceAccount, matchingAccounts, useServiceAccounts, type ServiceAccount } from "../../api/service_accounts";
import { useQueryPart } from "../../frame/range";
import { say } from "../../frame/toasts";
import { count } from "../../format/numbers";
import { useSending } from "../../parts/form";
import { AllMatching } from "../../parts/many";
import { Empty, Loading, Page, Panel, Trouble } from "../../parts/page";
import { SearchBox } from "../../parts/search";
import { Table, usePaged, type Column } from "../../parts/table";
import { State, When } from "../../parts/words";
import { ManyAccounts } from "./many";

export const ACCOUNT_TONE: Record<ServiceAccount["state"], string> = { active: "active", invited: "active", deactivated: "disabled", deleted: "revoked" };

export default function ServiceAccounts() {
  const [params, change] = useQueryPart();
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [isNew, setNew] = useState(false);
  const { may } = useRights();
  const filters = useMemo(() => ({ state: params.get("state") ?? "", team_id: params.get("team") ?? "", search: params.get("search") ?? "", ownerless: params.get("ownerless") ?? "" }), [params]);
  const accounts = useServiceAccounts(filters);
  const paged = usePaged(accounts);
  const teams = useTeams().data?.items ?? [];
  const { reset } = paged;
  useEffect(() => {
    reset();
    setChosen(new Set());
  }, [filters]); // a new list begins at its first page
  const hasFilters = Object.values(filters).some(Boolean);
  const make = may("service_accounts.write") && <Button onClick={() => setNew(true)}>New service account</Button>;
  return (
    <Page title="Service accounts" lead="For scripts and services: an account of a team, with a role and tokens of its own, that outlives whoever made it." acts={make}>
      <Panel flush foot={paged.foot || undefined}>
        <div className="table-tools">
          <SearchBox />
          <Select size="xs" w={140} aria-label="Filter by state" placeholder="State" clearable data={["active", "deactivated", "deleted"]} value={filters.state || null} onChange={(state) => change({ state })} />
          <Select size="xs" w={160} aria-label="Filter by team" placeholder="Team" clearable searchable data={teams.map((team) => ({ value: team.id, label: team.name }))} value={filters.team_id || null} onChange={(team) => change({ team })} />
          <Switch size="xs" label="Without an owner" checked={filters.ownerless === "true"} onChange={(event) => change({ ownerless: event.currentTarget.checked ? "true" : null })} />
        </div>
        <ManyAccounts ids={[...chosen]} known={accounts.data?.pages.flatMap((page) => page.items) ?? []} clear={() => setChosen(new Set())}>
          <AllMatching list={accounts} rows={paged.rows} chosen={chosen} set={setChosen} name="service-accounts" filters={filters} find={() => matchingAccounts(filters)} />
        </ManyAccounts>
        {accounts.error && !accounts.data ? <div style={{ padding: 16 }}><Trouble error={accounts.error} retry={() => void accounts.refetch()} /></div> : !accounts.data ? <Loading rows={6} /> : paged.rows.length ? (
          <Table label="Service accounts" columns={COLUMNS} rows={paged.rows} keyOf={(account) => account.id} hrefOf={(account) => `/service-accounts/${account.id}`}
            selection={may("service_accounts.write") ? { chosen, set: setChosen, nameOf: (key) => paged.rows.find((account) => account.id === key)?.name ?? key } : undefined} />
        ) : hasFilters ? (
          <Empty title="None matches">The search looks at the beginning of names. Deleted ones are shown only with their state.</Empty>
        ) : (
          <Empty icon={<IconRobot size={30} stroke={1.4} />} title="No service account yet" act={make}>A script that uses a person's token stops when that person leaves. Give it an account of its team instead, and issue the token to that.</Empty>
        )}
      </Panel>
      {isNew && <NewAccount close={() => setNew(false)} />}
    </Page>
  );
}

export function OwnerOf({ account }: { account: ServiceAccount }) {
  if (!account.owner_id) return <span className="tag tag-warn">none: the team</span>;
  return <span className="nowrap">{account.owner_name}</span>;
}

const COLUMNS: Column<ServiceAccount>[] = [
  { id: "name", title: "Name", isFixed: true, show: (account) => <Link href={`/service-accounts/${account.id}`} className="nowrap">{account.name}</Link> },
  { id: "state", title: "State", show: (account) => <State value={ACCOUNT_TONE[account.state]}>{account.state}</State> },
  { id: "role", title: "Role", show: (account) => <span className="nowrap">{account.role_name}</span> },
  { id: "team", title: "Team", show: (account) => account.team_name },
  { id: "owner", title: "Answers for it", show: (account) => <OwnerOf account={account} /> },
  { id: "tokens", title: "Tokens", isEnd: true, show: (account) => count(account.tokens) },
  { id: "created", title: "Since", show: (account) => <When value={account.created_at} /> },
];

function NewAccount({ close }: { close: () => void }) {
  const { may, userId, teamIds } = useRights();
  const [, go] = useLocation();
  const roles = useRoles(may("roles.read")).data?.items ?? [];
  const teams = (useTeams().data?.items ?? []).filter((team) => may("service_accounts.write", "all") || teamIds.includes(team.id));
  const [name, setName] = useState("");
  const [role, setRole] = useState("developer");
  const [team, setTeam] = useState<string | null>(teamIds.length === 1 ? teamIds[0] : null);
  const [owner, setOwner] = useState<string | null>(userId);
  const people = useUsers({ team_id: team ?? "" }, 200, may("users.read") && Boolean(team)).data?.pages.flatMap((page) => page.items) ?? [];
  const owners = [{ value: userId, label: "Me" }, ...people.filter((one) => one.id !== userId && one.state === "active").map((one) => ({ value: one.id, label: one.name }))];
  const { isBusy, problem, errors, send } = useSending(["service-accounts"]);
  const save = () =>
    send(async () => {
      const made = await createServiceAccount({ name: name.trim(), role, team_id: team!, owner_id: owner });
      say(`${made.name} made. Issue it a token next`);
      go(`/service-accounts/${made.id}`);
    });
  return (
    <Modal opened onClose={close} title="New service account" size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        <TextInput label="Name" description="What runs as it: “deploy pipeline”" required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
        <Select label="Team" description="Whose it is, and what its role reaches" required searchable data={teams.map((one) => ({ value: one.id, label: one.name }))} value={team} onChange={setTeam} error={errors.team_id} />
        {roles.length > 0 ? (
          <Select label="Role" description="The most that its tokens may do at the management API; calls need none" data={roles.filter((one) => one.id !== "owner").map((one) => ({ value: one.id, label: one.name }))} value={role} onChange={(value) => value && setRole(value)} allowDeselect={false} error={errors.role} />
        ) : (
          <Select label="Role" data={[{ value: "developer", label: "Developer" }, { value: "viewer", label: "Viewer" }]} value={role} onChange={(value) => value && setRole(value)} allowDeselect={false} error={errors.role} />
        )}
        <Select label="Answers for it" description="A person of the team; when they leave, the team does, and is told" data={owners} value={owner} onChange={setOwner} allowDeselect={false} error={errors.owner_id} />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim() || !team}>Create</Button></div>
      </form>
    </Modal>
  );
}
