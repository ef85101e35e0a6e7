/** A token's own limits and its plan's as live bars, top-ups, and which plan it has. */
import { Button, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { usePlans } from "../../api/limits";
import { useRights } from "../../api/rights";
import { changeToken, useTokenMeters } from "../../api/tokens";
import type { Token } from "../../api/types";
import { complain, say } from "../../frame/toasts";
import { LimitBars } from "../../parts/limits";
import { OwnedLimits } from "../../parts/owned_limits";
import { Loaded, Panel } from "../../parts/page";

type Shown = Token & { etag?: string };

export function OwnLimits({ token, edit }: { token: Shown; edit?: () => void }) {
  const { may } = useRights();
  const note = (
    <>
      {token.state !== "revoked" && edit && <PlanOf token={token} />}
      {token.application_id && <p className="muted small" style={{ marginTop: 12 }}>The limits of <Link href={`/applications/${token.application_id}`}>{token.application_name ?? "its application"}</Link> apply as well.</p>}
    </>
  );
  return (
    <div className="stack">
      {may("limits.read") ? <OwnedLimits level="token" id={token.id} note={note} /> : <Meters token={token} edit={edit} />}
      {token.plan_id && may("limits.read") && <PlanMeters token={token} />}
    </div>
  );
}

function Meters({ token, edit }: { token: Token; edit?: () => void }) {
  const meters = useTokenMeters(token.id);
  return <Panel title="Limits and budgets" acts={token.state !== "revoked" && edit && <Button variant="subtle" size="compact-xs" onClick={edit}>Edit</Button>}><Loaded query={meters} rows={3}>{(found) => <LimitBars meters={found} />}</Loaded></Panel>;
}

/** The bars of what the plan says, counted for this token alone. */
function PlanMeters({ token }: { token: Token }) {
  const meters = useTokenMeters(token.id);
  const plan = usePlans().data?.items.find((one) => one.id === token.plan_id);
  const own = ownCount(token);
  return (
    <Panel title={<>From the plan <Link href={`/plans/${token.plan_id}`}>{token.plan_name ?? plan?.name ?? "it has"}</Link></>}>
      <Loaded query={meters} rows={2}>{(found) => <LimitBars meters={{ ...found, every: found.every.slice(own) }} />}</Loaded>
    </Panel>
  );
}

/** How many of the meters are the token's own: they come before those of its plan. */
function ownCount({ limits }: Token): number {
  return limits.requests.length + (limits.concurrency ? 1 : 0) + limits.budgets.length + limits.limits.length;
}

function PlanOf({ token }: { token: Shown }) {
  const plans = usePlans().data?.items ?? [];
  const client = useQueryClient();
  if (!plans.length) return null;
  const put = (changed: Token) => {
    client.setQueryData(["token", token.id], changed);
    for (const key of [["tokens"], ["plans"], ["token", token.id, "meters"]]) void client.invalidateQueries({ queryKey: key });
  };
  const give = (plan: string | null) =>
    changeToken(token.id, { plan_id: plan }, token.etag).then((changed) => {
      put(changed);
      say(plan ? `${token.name} has the plan ${changed.plan_name ?? plan}` : `${token.name} has no plan`, { label: "Undo", run: () => void changeToken(token.id, { plan_id: token.plan_id }, changed.etag).then(put, complain) });
    }, complain);
  return <Select style={{ marginTop: 12 }} size="xs" label="Plan" placeholder="none" clearable data={plans.map((plan) => ({ value: plan.id, label: plan.name }))} value={token.plan_id} onChange={(plan) => void give(plan)} />;
}
