/** Calls as they end. */
import { Link } from "wouter";
import { useLive } from "../../api/live";
import { useCalls } from "../../api/usage";
import { count, duration, money } from "../../format/numbers";
import { clock } from "../../format/time";
import { Panel } from "../../parts/page";
import { StatusTag } from "../../parts/words";

const SHOWN = 8;

export function Feed() {
  const live = useLive();
  const stored = useCalls({}, 12);
  const known = new Set(live.calls.map((call) => call.request_id));
  const older = (stored.data?.pages[0]?.items ?? []).filter((call) => !known.has(call.request_id));
  const calls = [...live.calls, ...older].slice(0, SHOWN);
  return (
    <Panel title="Latest calls" flush foot={<Link href="/calls">All calls, live</Link>}>
      {calls.length === 0 ? (
        <p className="chart-empty" style={{ minHeight: 160 }}>No call yet. Each one appears here a moment after it ends.</p>
      ) : (
        <ul aria-label="Latest calls">
          {calls.map((call) => (
            <li key={call.request_id}>
              <Link href={`/calls/${call.request_id}`} className="feed" data-new={known.has(call.request_id)}>
                <StatusTag call={call} />
                <span className="grow clip"><b>{call.model || call.service_name || call.route}</b> <span className="muted">{call.token_name}</span></span>
                <span className="muted small nowrap">{call.operation === "chat" || call.operation === "embeddings" ? `${count(call.usage.input_tokens + call.usage.output_tokens)} tokens · ${money(call.cost_usd)}` : call.method}</span>
                <span className="muted small nowrap">{duration(call.duration_us / 1000)}</span>
                <time className="muted small nowrap" dateTime={call.started_at}>{clock(call.started_at)}</time>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
