/** Choosing one of a kind of owner from a list, found by name where the list is long. */
import { useState } from "react";
import { Select } from "@mantine/core";
import { useApplications, useTeams } from "../api/applications";
import { useRoles, useUsers } from "../api/people";
import { useRights } from "../api/rights";
import { useTokens } from "../api/tokens";

export type Pickable = "team" | "application" | "role" | "token" | "user";
type Field = { label: string; value: string | null; onChange: (id: string | null) => void; error?: string };

export function PickOwner({ kind, ...field }: Field & { kind: Pickable }) {
  if (kind === "team") return <OfTeams {...field} />;
  if (kind === "application") return <OfApplications {...field} />;
  if (kind === "role") return <OfRoles {...field} />;
  return kind === "token" ? <OfTokens {...field} /> : <OfPeople {...field} />;
}

type Item = { id: string; name: string; hint?: string };
type Found = { items: Item[] | undefined; search?: (text: string) => void };

function Choice({ items, search, label, value, onChange, error }: Field & Found) {
  const [chosen, setChosen] = useState<Item | null>(null);
  const shown = items ?? [];
  const all = chosen && !shown.some((item) => item.id === chosen.id) ? [chosen, ...shown] : shown;
  const pick = (id: string | null) => {
    setChosen(all.find((item) => item.id === id) ?? null);
    onChange(id);
  };
  return (
    <Select label={label} required searchable placeholder={items === undefined ? "Loading…" : "Choose one"} nothingFoundMessage="Nothing has this name" error={error} value={value} onChange={pick} onSearchChange={search}
      data={all.map((item) => ({ value: item.id, label: item.hint ? `${item.name} (${item.hint})` : item.name }))} />
  );
}

const OfTeams = (field: Field) => <Choice {...field} items={useTeams().data?.items} />;
const OfApplications = (field: Field) => <Choice {...field} items={useApplications().data?.items} />;

function OfRoles(field: Field) {
  const { may } = useRights();
  return <Choice {...field} items={useRoles(may("roles.read")).data?.items} />;
}

function OfTokens(field: Field) {
  const [search, setSearch] = useState("");
  const found = useTokens({ search }, 20).data?.pages[0]?.items;
  return <Choice {...field} items={found?.filter((token) => token.state !== "revoked").map((token) => ({ id: token.id, name: token.name, hint: token.masked }))} search={(text) => setSearch(nameIn(text))} />;
}

function OfPeople(field: Field) {
  const [search, setSearch] = useState("");
  return <Choice {...field} items={useUsers({ search }, 20).data?.pages[0]?.items} search={setSearch} />;
}

/** A chosen token stands in the field with its masked id, which is not part of its name. */
const nameIn = (text: string) => text.replace(/ \(tws?_.*$/, "");
