/** Providers as upstreams: state and calls in flight now; calls, errors, p95 and history in slots over the time range. */
import { Link } from "wouter";
import { useRights } from "../../api/rights";
import { useProviders } from "../../api/upstreams";
import { useUsage, type UsageAnswered } from "../../api/usage";
import type { Range } from "../../frame/range";
import { count, duration, percent } from "../../format/numbers";
import { dateMinute } from "../../format/time";
import { Health, InFlight } from "../../parts/health";
import { Empty, Loaded, Panel } from "../../parts/page";
import { Rows } from "../../parts/rows";
import { buckets } from "../../parts/series";

const SLOTS = 90;

export function Upstreams({ range }: { range: Range }) {
  const { may } = useRights();
  const providers = useProviders();
  const sums = useUsage(range, { by: ["provider"] });
  const history = useUsage(range, { by: ["provider"], series: true });
  return (
    <Panel title="Upstreams" flush acts={<Link href="/providers" className="small">All providers</Link>}>
      <Loaded query={providers}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No provider yet" act={may("providers.write") && <Link href="/providers/new">Add a provider</Link>}>A provider is where AI calls are sent: a vendor with your key, or your own server with the same API.</Empty>
          ) : (
            <Rows label="Upstreams">
              <thead role="rowgroup">
                <tr role="row"><th scope="col" role="columnheader">Provider</th><th scope="col" role="columnheader">State</th><th scope="col" role="columnheader" className="end">In flight</th><th scope="col" role="columnheader" className="end">Calls</th><th scope="col" role="columnheader" className="end">Errors</th><th scope="col" role="columnheader" className="end">p95</th><th scope="col" role="columnheader">{range.label}</th></tr>
              </thead>
              <tbody role="rowgroup">
                {items.map((provider) => {
                  const row = sums.data?.rows.find((entry) => entry.keys.provider === provider.id);
                  return (
                    <tr role="row" key={provider.id}>
                      <td role="cell"><Link href={`/providers/${provider.id}`}>{provider.name}</Link> <span className="muted">{provider.kind}</span></td>
                      <td role="cell" data-label="State"><Health provider={provider} /></td>
                      <td role="cell" data-label="In flight" className="end"><InFlight providerId={provider.id} /></td>
                      <td role="cell" data-label="Calls" className="end">{count(row?.calls ?? 0)}</td>
                      <td role="cell" data-label="Errors" className="end">{row ? percent((row.server_errors / Math.max(1, row.calls)) * 100) : "–"}</td>
                      <td role="cell" data-label="p95" className="end">{duration(row?.duration_p95_ms)}</td>
                      <td role="cell" data-label={range.label}>{history.data && <Slots answer={history.data} id={provider.id} name={provider.name} dimension="provider" />}</td>
                    </tr>
                  );
                })}
              </tbody>
            </Rows>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Slots({ answer, id, name, dimension }: { answer: UsageAnswered; id: string; name: string; dimension: string }) {
  const own = buckets({ ...answer, rows: answer.rows.filter((row) => row.keys[dimension] === id) });
  const size = Math.ceil(own.times.length / SLOTS);
  const slots = Array.from({ length: Math.ceil(own.times.length / size) }, (_, index) => {
    const rows = own.rows.slice(index * size, (index + 1) * size);
    const calls = rows.reduce((sum, row) => sum + (row?.calls ?? 0), 0);
    const failed = rows.reduce((sum, row) => sum + (row?.server_errors ?? 0), 0);
    return { at: own.times[index * size], calls, failed };
  });
  const bad = slots.filter((slot) => slot.failed).length;
  return (
    <div className="slots" role="img" aria-label={`${name}: ${bad === 0 ? "no server error" : `server errors in ${bad} of ${slots.length} parts`} of the time range`}>
      {slots.map((slot) => (
        <span key={slot.at} className={`slot ${tone(slot)}`} title={`${dateMinute(slot.at)}: ${count(slot.calls)} calls, ${count(slot.failed)} server errors`} />
      ))}
    </div>
  );
}

function tone({ calls, failed }: { calls: number; failed: number }): string {
  if (!calls) return "";
  if (failed * 20 < calls) return "slot-ok"; // fewer than one in twenty
  return failed * 2 >= calls ? "slot-bad" : "slot-warn";
}

