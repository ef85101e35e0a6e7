/** A token's own limits and budgets as live bars. */
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useTokenMeters } from "../../api/tokens";
import type { Token } from "../../api/types";
import { LimitBars } from "../../parts/limits";
import { Loaded, Panel } from "../../parts/page";

export function OwnLimits({ token, edit }: { token: Token; edit?: () => void }) {
  const meters = useTokenMeters(token.id);
  return (
    <Panel title="Limits and budgets" acts={edit && token.state !== "revoked" && <Button variant="subtle" size="compact-xs" onClick={edit}>Edit</Button>}>
      <Loaded query={meters} rows={3}>{(found) => <LimitBars meters={found} />}</Loaded>
      {token.application_id && <p className="muted small" style={{ marginTop: 12 }}>The limits of <Link href={`/applications/${token.application_id}`}>{token.application_name ?? "its application"}</Link> apply as well.</p>}
    </Panel>
  );
}
