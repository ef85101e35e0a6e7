/** What needs me now: one line each, one act. Absent when there is nothing. */
import { Link } from "wouter";
import { useAttention } from "../../api/gateway";
import { Panel, Trouble } from "../../parts/page";

const TONE = { critical: "tag-bad", warning: "tag-warn", info: "tag-accent" };
const ACT: Record<string, string> = {
  token_expiring: "Extend", rotation_failed: "See token", budget_near_end: "See budget", unpriced_model: "See models", insecure_setting: "See setting", provider_failing: "Test provider", ledger_lag: "See ledger", security_event: "See events", ownerless_account: "Name somebody",
};

export function Attention() {
  const attention = useAttention();
  if (attention.error) return <Trouble error={attention.error} retry={() => void attention.refetch()} />;
  const items = attention.data?.items ?? [];
  if (!items.length) return null;
  return (
    <Panel title="What needs you now" acts={<span className="muted small">{items.length}</span>} flush>
      <ul>
        {items.map((item) => (
          <li key={item.kind + item.subject_id} className="attention">
            <span className={`tag ${TONE[item.severity]}`}>{item.severity}</span>
            <span className="grow"><strong>{item.title}</strong> <span className="muted">{item.detail}</span></span>
            {item.href && <Link href={item.href} className="nowrap" aria-label={`${ACT[item.kind] ?? "Look"}: ${item.title}`}>{ACT[item.kind] ?? "Look"} →</Link>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
