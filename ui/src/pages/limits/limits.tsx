/** Limits and budgets of all levels: what is nearly used up first, and who has limits at all. */
import { useState } from "react";
import { Button, SegmentedControl, Select } from "@mantine/core";
import IconGauge from "@tabler/icons-react/dist/esm/icons/IconGauge.mjs";
import { useBudgets, useEveryLimit, useOwnedLimits, type Level } from "../../api/limits";
import { useRights } from "../../api/rights";
import { useModels } from "../../api/upstreams";
import type { Owned, UsedLimit } from "../../api/types";
import { useQueryPart } from "../../frame/range";
import { percent } from "../../format/numbers";
import { MeterBar, meterName } from "../../parts/limits";
import { EditLimits, ownedInWords } from "../../parts/owned_limits";
import { Empty, Loaded, Page, Panel } from "../../parts/page";
import { Table } from "../../parts/table";
import { Ago, When } from "../../parts/words";
import { LEVELS, OwnerLink } from "./owner";

export default function LimitsPage() {
  const [params, change] = useQueryPart();
  const { may } = useRights();
  const filters = { level: params.get("level") ?? "", budgets_only: params.get("only") !== "all", percent: Number(params.get("percent") ?? 0) };
  const used = useBudgets(filters);
  const [edited, setEdited] = useState<{ level: Level; id: string } | null>(null);
  return (
    <Page title="Limits & budgets" lead="At every level, all of them hold at once, and the least that is left decides. What is nearly used up is first."
      acts={may("limits.write") && <Button variant="default" onClick={() => setEdited({ level: "global", id: "global" })}>Limits of the installation</Button>}>
      <Panel flush>
        <div className="table-tools">
          <SegmentedControl size="xs" aria-label="Which" data={[{ value: "budgets", label: "Budgets" }, { value: "all", label: "All limits" }]} value={filters.budgets_only ? "budgets" : "all"} onChange={(only) => change({ only: only === "all" ? "all" : null })} />
          <Select size="xs" w={150} aria-label="Filter by level" placeholder="Level" clearable data={LEVELS} value={filters.level || null} onChange={(level) => change({ level })} />
          <Select size="xs" w={150} aria-label="Filter by use" placeholder="Any use" clearable data={[{ value: "50", label: "50 % and more" }, { value: "80", label: "80 % and more" }, { value: "100", label: "used up" }]} value={params.get("percent")} onChange={(next) => change({ percent: next })} />
        </div>
        <Loaded query={used} rows={8}>
          {(found) =>
            found.items.length ? (
              <Table label="Limits and budgets" rows={found.items} keyOf={(one) => `${one.owner_id}/${one.meter.id}`} columns={[
                { id: "owner", title: "Owner", show: (one) => <OwnerLink level={one.level} id={one.owner_id} name={one.owner_name} /> },
                { id: "limit", title: "Limit", show: (one) => <span className="nowrap">{meterName(one.meter)} {one.meter.soft && <span className="tag">soft</span>} {one.plan_name && <span className="muted">plan {one.plan_name}</span>}</span> },
                { id: "bar", title: "Used", show: (one) => <div style={{ minWidth: 220 }}><MeterBar meter={one.meter} isBare /></div> },
                { id: "percent", title: "%", isEnd: true, show: (one) => percent(one.percent) },
                { id: "end", title: "Runs out", show: (one) => <RunsOut used={one} /> },
              ]} />
            ) : (
              <Empty icon={<IconGauge size={30} stroke={1.4} />} title="Nothing to show">
                No limit of the kind you chose is in use. Tokens, applications, teams, people, services, models and providers can each be limited in calls, tokens, money, bytes and calls at once, on their own pages.
              </Empty>
            )
          }
        </Loaded>
      </Panel>
      <Levels edit={setEdited} />
      {edited && <Edit level={edited.level} id={edited.id} close={() => setEdited(null)} />}
    </Page>
  );
}

function RunsOut({ used }: { used: UsedLimit }) {
  if (used.percent >= 100) return <span className="tag tag-bad">used up</span>;
  if (!used.used_up_at) return <span className="muted">not before it resets</span>;
  return <span className="nowrap"><span className="tag tag-warn"><When value={used.used_up_at} /></span> <span className="muted small"><Ago value={used.used_up_at} /></span></span>;
}

function Levels({ edit }: { edit: (owner: { level: Level; id: string }) => void }) {
  const every = useEveryLimit();
  const { may } = useRights();
  const models = useModels().data?.items ?? [];
  return (
    <Panel title="Limits by level" flush acts={may("limits.write") && (
      <Select size="xs" w={220} aria-label="Limit a model" placeholder="Limit a model…" searchable limit={50} value={null} data={models.map((model) => model.name)} onChange={(name) => name && edit({ level: "model", id: name })} />
    )}>
      <Loaded query={every} rows={4}>
        {(found) =>
          found.items.length ? (
            <Table label="Who has limits" rows={found.items} keyOf={(one) => `${one.level}/${one.owner_id}`} columns={[
              { id: "owner", title: "Owner", show: (one: Owned) => <OwnerLink level={one.level} id={one.owner_id} name={one.owner_name} /> },
              { id: "limits", title: "Limits", show: (one: Owned) => <span className="soft limits-words">{ownedInWords(one)}</span> },
              { id: "edit", title: "Acts", isEnd: true, show: (one: Owned) => may("limits.write") && <Button variant="subtle" size="compact-xs" aria-label={`Edit the limits of ${one.owner_name}`} onClick={() => edit({ level: one.level, id: one.owner_id })}>Edit</Button> },
            ]} />
          ) : (
            <p className="chart-empty">Nobody but tokens, applications and plans has limits yet. Teams, people, services and providers get theirs on their own pages, a model here.</p>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Edit({ level, id, close }: { level: Level; id: string; close: () => void }) {
  const owned = useOwnedLimits(level, id);
  return owned.data ? <EditLimits owned={owned.data} close={close} /> : null;
}
