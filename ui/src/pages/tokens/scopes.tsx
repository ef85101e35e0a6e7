/** What a token may do at the management API: chosen among what one may do oneself. */
import { Button, Select } from "@mantine/core";
import { useSession } from "../../api/gateway";
import type { Permission, Reach } from "../../api/rights";
import type { Token } from "../../api/types";

export type Scope = Token["scopes"][number];
const NEVER: string[] = ["account.use", "installation.own", "machine.operate"];
const ORDER: Reach[] = ["own", "team", "all"];

export function ScopesField({ value, onChange, error }: { value: Scope[]; onChange: (scopes: Scope[]) => void; error?: string }) {
  const held = (useSession().data?.rights ?? []).filter((right) => !NEVER.includes(right.permission));
  const free = held.filter((right) => !value.some((scope) => scope.permission === right.permission));
  const reachesOf = (permission: Permission) => ORDER.slice(0, ORDER.indexOf(held.find((right) => right.permission === permission)?.reach ?? "own") + 1);
  const change = (permission: Permission, reach: Reach) => onChange(value.map((scope) => (scope.permission === permission ? { permission, reach } : scope)));
  return (
    <div className="stack-small">
      <span id="scopes-label" className="form-label">May manage</span>
      <span className="muted small">Most tokens need nothing here: this is for scripts that call this console's API. It never does more than the account's role.</span>
      {value.map((scope) => (
        <div className="row-wrap" key={scope.permission}>
          <code>{scope.permission}</code>
          <Select size="xs" w={90} aria-label={`Reach of ${scope.permission}`} allowDeselect={false} data={reachesOf(scope.permission)} value={scope.reach} onChange={(reach) => reach && change(scope.permission, reach as Reach)} />
          <Button size="compact-xs" variant="subtle" aria-label={`Remove ${scope.permission}`} onClick={() => onChange(value.filter((one) => one.permission !== scope.permission))}>Remove</Button>
        </div>
      ))}
      <Select size="xs" maw={280} aria-labelledby="scopes-label" placeholder="Add a permission" searchable value={null} data={free.map((right) => right.permission)} onChange={(permission) => { const right = free.find((one) => one.permission === permission); if (right) onChange([...value, right]); }} error={error} />
    </div>
  );
}

export const scopesInWords = (scopes: Scope[]) => (scopes.length ? scopes.map((scope) => `${scope.permission} (${scope.reach})`).join(", ") : "nothing");
