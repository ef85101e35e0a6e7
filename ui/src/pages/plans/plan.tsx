/** One plan: what it says, who has it, and the acts on it. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { useApplications } from "../../api/applications";
import { deletePlan, usePlan } from "../../api/limits";
import { useRights } from "../../api/rights";
import { useTokens } from "../../api/tokens";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { limitsInWords } from "../../parts/limits";
import { OwnRights } from "../../parts/own_rights";
import { Loaded, Page, Panel } from "../../parts/page";
import { Table, usePaged } from "../../parts/table";
import { By } from "../../parts/actors";
import { Ago, State, When } from "../../parts/words";
import { BulkDialog } from "../bulk/dialog";
import { TokenState } from "../tokens/tokens";
import { PlanForm } from "./form";

export default function PlanPage({ id }: { id: string }) {
  const plan = usePlan(id);
  const { may } = useRights();
  const client = useQueryClient();
  const [, go] = useLocation();
  const [dialog, setDialog] = useState<"edit" | "delete" | "give" | null>(null);
  const found = plan.data;
  return (
    <Page
      documentTitle={found?.name ?? "Plan"}
      crumb={{ label: "Plans", href: "/plans" }}
      title={found?.name ?? "Plan"}
      lead={found && <>{found.description && `${found.description} · `}changed <Ago value={found.updated_at} /> by <By actor={found.updated_by} /></>}
      acts={found && (
        <>
          {may("bulk.write") && <Button variant="default" onClick={() => setDialog("give")}>Give to many tokens</Button>}
          {may("plans.write") && <Button variant="default" onClick={() => setDialog("edit")}>Edit</Button>}
          {may("plans.write") && <Button variant="default" disabled={found.tokens + found.applications > 0} title={found.tokens + found.applications > 0 ? "Somebody has it: give them another plan first" : undefined} onClick={() => setDialog("delete")}>Delete…</Button>}
        </>
      )}
    >
      <Loaded query={plan} rows={8}>
        {(shown) => (
          <>
            <Panel title="What it says">
              <dl className="facts">
                <dt>Limits and budgets</dt><dd>{limitsInWords(shown.limits)}</dd>
                <dt>Who has it</dt><dd>{plural(shown.tokens, "token")} and {plural(shown.applications, "application")}; each counts by itself</dd>
                <dt>Created</dt><dd><When value={shown.created_at} /> <span className="muted">by <By actor={shown.created_by} /></span></dd>
              </dl>
            </Panel>
            <OwnRights owner={{ level: "plan", id }} name={shown.name} note="They hold for every token and application that has it." canEdit={may("plans.write")} />
            <div className="columns">
              <TokensOf id={id} />
              <ApplicationsOf id={id} />
            </div>
            {dialog === "edit" && <PlanForm plan={shown} close={() => setDialog(null)} />}
            {dialog === "give" && <BulkDialog filter={{}} act={{ kind: "set_plan", plan_id: id }} close={() => setDialog(null)} />}
            {dialog === "delete" && (
              <Confirm title="Delete this plan" act="Delete" typed={shown.name} close={() => setDialog(null)}
                run={() => deletePlan(id).then(() => { say(`${shown.name} deleted`); void client.invalidateQueries({ queryKey: ["plans"] }); go("/plans"); }, complain)}>
                Nobody has it. This cannot be undone.
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function TokensOf({ id }: { id: string }) {
  const tokens = useTokens({ plan_id: id }, 10);
  const paged = usePaged(tokens);
  return (
    <Panel title="Tokens" flush foot={paged.foot || undefined}>
      <Loaded query={tokens} rows={3}>
        {() => paged.rows.length ? (
          <Table label="Tokens with this plan" rows={paged.rows} keyOf={(token) => token.id} hrefOf={(token) => `/tokens/${token.id}`} columns={[
            { id: "name", title: "Name", show: (token) => <Link href={`/tokens/${token.id}`}>{token.name}</Link> },
            { id: "state", title: "State", show: (token) => <TokenState token={token} /> },
            { id: "used", title: "Last used", show: (token) => <Ago value={token.last_used_at} /> },
          ]} />
        ) : <p className="chart-empty">No token has this plan.</p>}
      </Loaded>
    </Panel>
  );
}

function ApplicationsOf({ id }: { id: string }) {
  const applications = useApplications();
  return (
    <Panel title="Applications" flush>
      <Loaded query={applications} rows={3}>
        {(found) => {
          const those = found.items.filter((one) => one.plan_id === id);
          return those.length ? (
            <Table label="Applications with this plan" rows={those} keyOf={(one) => one.id} hrefOf={(one) => `/applications/${one.id}`} columns={[
              { id: "name", title: "Name", show: (one) => <Link href={`/applications/${one.id}`}>{one.name}</Link> },
              { id: "state", title: "State", show: (one) => <State value={one.state} /> },
            ]} />
          ) : <p className="chart-empty">No application has this plan.</p>;
        }}
      </Loaded>
    </Panel>
  );
}
