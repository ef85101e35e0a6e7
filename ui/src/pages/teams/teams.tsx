/** Teams: the unit of isolation. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { Link, useLocation } from "wouter";
import IconUsersGroup from "@tabler/icons-react/dist/esm/icons/IconUsersGroup.mjs";
import { useTeamList } from "../../api/applications";
import { useRights } from "../../api/rights";
import { useUsage } from "../../api/usage";
import type { Team } from "../../api/types";
import { useRange } from "../../frame/range";
import { count, money } from "../../format/numbers";
import { Empty, Page } from "../../parts/page";
import { SearchedPanel, useSearch } from "../../parts/search";
import { Table, type Column } from "../../parts/table";
import { When } from "../../parts/words";
import { TeamForm } from "./form";

export default function Teams() {
  const teams = useTeamList(useSearch());
  const range = useRange();
  const { may } = useRights();
  const sums = useUsage(range, { by: ["team"], limit: 500 });
  const [isNew, setNew] = useState(false);
  const [, go] = useLocation();
  const rowOf = (id: string) => sums.data?.rows.find((row) => row.keys.team === id);
  const columns: Column<Team>[] = [
    { id: "name", title: "Name", isFixed: true, show: (team) => <span className="row"><Link href={`/teams/${team.id}`}>{team.name}</Link>{team.is_default && <span className="tag">default</span>}</span> },
    { id: "calls", title: `Calls, ${range.label.toLowerCase()}`, isEnd: true, show: (team) => count(rowOf(team.id)?.calls ?? 0) },
    { id: "cost", title: "Cost", isEnd: true, show: (team) => money(rowOf(team.id)?.cost_usd ?? "0") },
    { id: "created", title: "Created", show: (team) => <When value={team.created_at} /> },
  ];
  const act = may("teams.write") && <Button onClick={() => setNew(true)}>New team</Button>;
  return (
    <Page title="Teams" lead="A team owns applications with their tokens. Who is in it sees and runs what is the team's, as far as their role goes; nobody else does, but for those whose role reaches all teams." acts={act}>
      <SearchedPanel list={teams} empty={<Empty icon={<IconUsersGroup size={30} stroke={1.4} />} title="You are in no team" act={act || undefined}>Ask an administrator to add you to yours.</Empty>}>
        {(items) => <Table label="Teams" columns={columns} rows={items} keyOf={(team) => team.id} hrefOf={(team) => `/teams/${team.id}`} />}
      </SearchedPanel>
      {isNew && <TeamForm close={() => setNew(false)} done={(team) => go(`/teams/${team.id}`)} />}
    </Page>
  );
}
