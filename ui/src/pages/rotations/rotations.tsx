/** How tokens get new secrets by themselves, and how long they may live. */
import { useState } from "react";
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import IconDots from "@tabler/icons-react/dist/esm/icons/IconDots.mjs";
import IconRefresh from "@tabler/icons-react/dist/esm/icons/IconRefresh.mjs";
import { useRights } from "../../api/rights";
import { removeLifetimeRule, removePolicy, switchPolicy, useLifetimeRules, useRotationPolicies, type LifetimeRule, type RotationPolicy } from "../../api/token_life";
import { complain, say } from "../../frame/toasts";
import { lengthOf } from "../../format/numbers";
import { OwnerName } from "../../parts/owner_names";
import { Empty, Loaded, Page, Panel } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { State } from "../../parts/words";
import { PolicyForm, RuleForm } from "./forms";

export default function Rotations() {
  const policies = useRotationPolicies();
  const rules = useLifetimeRules();
  const { may } = useRights();
  const [adding, setAdding] = useState<"policy" | "rule" | null>(null);
  const add = may("tokens.write") && <Button onClick={() => setAdding("policy")}>Add a policy</Button>;
  const rule = may("configuration.write") && <Button variant="subtle" size="compact-xs" onClick={() => setAdding("rule")}>Set a rule</Button>;
  return (
    <Page title="Rotation" lead="Tokens get new secrets regularly, without a refused call: the old one works until the new one was collected, and then for the overlap." acts={add}>
      <Panel flush>
        <Loaded query={policies} rows={4}>
          {({ items }) =>
            items.length ? (
              <Table label="Rotation policies" columns={POLICIES} rows={items} keyOf={(policy) => policy.id} />
            ) : (
              <Empty icon={<IconRefresh size={30} stroke={1.4} />} title="No token is rotated by itself" act={add}>
                Choose which tokens, how often, and who gets the new secret: a webhook of your vault, whoever is written to, or an operator. When nobody comes for it in time, the old secret stays and you are told.
              </Empty>
            )
          }
        </Loaded>
      </Panel>
      <Panel title="How long tokens live" flush acts={rule} note="Counted from the issue. The shortest rule counts, and neither renewal nor rotation goes beyond it.">
        <Loaded query={rules} rows={2}>
          {({ items }) => (items.length ? <Table label="Rules of lifetimes" columns={RULES} rows={items} keyOf={(each) => `${each.scope} ${each.scope_id}`} /> : <p className="panel-note">No rules: a token lives for 90 days unless something else is asked for.</p>)}
        </Loaded>
      </Panel>
      {adding === "policy" && <PolicyForm close={() => setAdding(null)} />}
      {adding === "rule" && <RuleForm close={() => setAdding(null)} />}
    </Page>
  );
}

function PolicyActs({ policy }: { policy: RotationPolicy }) {
  const client = useQueryClient();
  const { may } = useRights();
  const run = async (act: () => Promise<unknown>, said: string) => {
    try {
      await act();
      say(`${policy.name} is ${said}`);
    } catch (error) {
      complain(error);
    }
    void client.invalidateQueries({ queryKey: ["rotation-policies"] });
  };
  if (!may("tokens.write")) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target><ActionIcon variant="subtle" aria-label={`Acts on ${policy.name}`}><IconDots size={16} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        {policy.state === "active" ? <Menu.Item onClick={() => void run(() => switchPolicy(policy.id, "disabled"), "disabled")}>Disable</Menu.Item> : <Menu.Item onClick={() => void run(() => switchPolicy(policy.id, "active"), "enabled")}>Enable</Menu.Item>}
        <Menu.Item color="red" onClick={() => void run(() => removePolicy(policy.id), "removed")}>Remove</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function RuleActs({ rule }: { rule: LifetimeRule }) {
  const client = useQueryClient();
  const { may } = useRights();
  const remove = async () => {
    try {
      await removeLifetimeRule(rule);
      say("The rule is removed");
    } catch (error) {
      complain(error);
    }
    void client.invalidateQueries({ queryKey: ["lifetime-rules"] });
  };
  return may("configuration.write") ? <Button variant="subtle" size="compact-xs" aria-label={`Remove the rule of ${rule.scope} ${rule.scope_id}`} onClick={() => void remove()}>Remove</Button> : null;
}

const POLICIES: Column<RotationPolicy>[] = [
  { id: "name", title: "Name", isFixed: true, show: (policy) => <span className="nowrap">{policy.name}</span> },
  { id: "state", title: "State", show: (policy) => <State value={policy.state} /> },
  { id: "scope", title: "Of", show: (policy) => <OwnerName kind={policy.scope} id={policy.scope_id} /> },
  { id: "every", title: "Every", show: (policy) => lengthOf(policy.every_seconds) },
  { id: "overlap", title: "Overlap", show: (policy) => lengthOf(policy.overlap_seconds) },
  { id: "delivery", title: "Collected", show: (policy) => (policy.delivery === "webhook" ? "by a webhook" : policy.delivery === "mail" ? `by mail to ${policy.mail_to || "the owner"}` : "by an operator") },
  { id: "acts", title: "Acts", isEnd: true, show: (policy) => <PolicyActs policy={policy} /> },
];

const RULES: Column<LifetimeRule>[] = [
  { id: "scope", title: "For", isFixed: true, show: (rule) => <OwnerName kind={rule.scope} id={rule.scope_id} /> },
  { id: "default", title: "If nothing is said", show: (rule) => (rule.default_seconds ? lengthOf(rule.default_seconds) : "–") },
  { id: "max", title: "At most", show: (rule) => (rule.max_seconds ? lengthOf(rule.max_seconds) : "–") },
  { id: "idle", title: "Ends when not used for", show: (rule) => (rule.idle_seconds ? lengthOf(rule.idle_seconds) : "–") },
  { id: "acts", title: "Acts", isEnd: true, show: (rule) => <RuleActs rule={rule} /> },
];
