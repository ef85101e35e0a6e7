/** All plans: named sets of limits that tokens and applications have. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { Link, useLocation } from "wouter";
import IconLayers from "@tabler/icons-react/dist/esm/icons/IconStack2.mjs";
import { usePlans } from "../../api/limits";
import { useRights } from "../../api/rights";
import { count } from "../../format/numbers";
import { limitsInWords } from "../../parts/limits";
import { Empty, Loaded, Page, Panel } from "../../parts/page";
import { Table } from "../../parts/table";
import { PlanForm } from "./form";

export default function Plans() {
  const plans = usePlans();
  const { may } = useRights();
  const [, go] = useLocation();
  const [isNew, setNew] = useState(false);
  const create = may("plans.write") && <Button onClick={() => setNew(true)}>New plan</Button>;
  return (
    <Page title="Plans" lead="A plan is a named set of rights, limits and budgets. Give it to tokens and applications, and change it for all of them in one place." acts={create}>
      <Panel flush>
        <Loaded query={plans} rows={5}>
          {(found) =>
            found.items.length ? (
              <Table label="Plans" rows={found.items} keyOf={(plan) => plan.id} hrefOf={(plan) => `/plans/${plan.id}`} columns={[
                { id: "name", title: "Name", show: (plan) => <Link href={`/plans/${plan.id}`}>{plan.name}</Link> },
                { id: "description", title: "For", show: (plan) => <span className="soft">{plan.description}</span> },
                { id: "limits", title: "Limits", show: (plan) => <span className="soft limits-words">{limitsInWords(plan.limits)}</span> },
                { id: "tokens", title: "Tokens", isEnd: true, show: (plan) => (plan.tokens >= 10_000 ? "10,000+" : count(plan.tokens)) },
                { id: "applications", title: "Applications", isEnd: true, show: (plan) => count(plan.applications) },
              ]} />
            ) : (
              <Empty icon={<IconLayers size={30} stroke={1.4} />} title="No plan yet" act={create || undefined}>
                With a plan, “interns get 60 calls a minute and $20 a month” is said once, and changed once, however many tokens there are.
              </Empty>
            )
          }
        </Loaded>
      </Panel>
      {isNew && <PlanForm close={() => setNew(false)} done={(plan) => go(`/plans/${plan.id}`)} />}
    </Page>
  );
}
