/** For which tokens a provider or service is, and which team it belongs to. */
import { SegmentedControl, Select } from "@mantine/core";
import { useTeams } from "../../api/applications";
import { useRights, type Permission } from "../../api/rights";
import type { Provider, Service } from "../../api/types";

export type Place = { environment: "live" | "test"; team_id: string | null };

export const startPlace = (stored?: Provider | Service, only: string | null = null): Place => ({ environment: stored?.environment ?? "live", team_id: stored ? stored.team_id : only });

/** The team of what is made by somebody whose permission reaches but one. */
export function useOnlyTeam(permission: Permission): string | null {
  const { may, teamIds } = useRights();
  return !may(permission, "all") && teamIds.length === 1 ? teamIds[0] : null;
}

export function PlaceFields({ value, onChange, permission, errors }: { value: Place; onChange: (place: Place) => void; permission: Permission; errors: Record<string, string> }) {
  const { may, teamIds } = useRights();
  const reachesAll = may(permission, "all");
  const teams = (useTeams().data?.items ?? []).filter((team) => reachesAll || teamIds.includes(team.id) || team.id === value.team_id);
  return (
    <div className="form-grid" style={{ alignItems: "start" }}>
      <div className="stack-small">
        <span id="place-environment" className="form-label">Environment</span>
        <span className="muted small">Only {value.environment} tokens reach it</span>
        <div><SegmentedControl size="xs" aria-labelledby="place-environment" value={value.environment} onChange={(environment) => onChange({ ...value, environment: environment as Place["environment"] })} data={[{ value: "live", label: "Live" }, { value: "test", label: "Test" }]} /></div>
      </div>
      <Select label="Team" description={reachesAll ? "Whose it is; empty: the installation's" : "Whose it is"} placeholder={reachesAll ? "The installation" : "Choose a team"} clearable={reachesAll} required={!reachesAll} searchable data={teams.map((team) => ({ value: team.id, label: team.name }))} value={value.team_id} onChange={(team_id) => onChange({ ...value, team_id })} error={errors.team_id} />
    </div>
  );
}

/** The two facts, for a list of facts. */
export function PlaceFacts({ of }: { of: Provider | Service }) {
  return (
    <>
      <dt>Environment</dt><dd>{of.environment} <span className="muted">(only {of.environment} tokens reach it)</span></dd>
      <dt>Team</dt><dd>{of.team_name ?? "none: the installation's"}</dd>
    </>
  );
}
