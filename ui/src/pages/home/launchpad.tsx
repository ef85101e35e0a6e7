/** The published services, one card each, with what their calls say about them. */
import { Link } from "wouter";
import { useGateway } from "../../api/gateway";
import { useServices, useUpstreamsNow } from "../../api/upstreams";
import { useUsage } from "../../api/usage";
import { LATELY, type Range } from "../../frame/range";
import { count, duration, plural } from "../../format/numbers";
import { Panel } from "../../parts/page";
import { State } from "../../parts/words";

export function Launchpad({ range }: { range: Range }) {
  const services = useServices().data?.items ?? [];
  const sums = useUsage(range, { by: ["service"] });
  const lately = useUsage(LATELY, { by: ["service"] });
  const now = useUpstreamsNow().data?.items;
  const gateway = useGateway().data;
  if (!services.length) return null;
  return (
    <Panel title="Services" acts={<Link href="/services" className="small">All services</Link>}>
      <div className="choices">
        {services.slice(0, 12).map((service) => {
          const row = sums.data?.rows.find((entry) => entry.keys.service === service.id);
          const recent = lately.data?.rows.find((entry) => entry.keys.service === service.id);
          const isFailing = recent !== undefined && recent.server_errors * 2 > recent.calls;
          const inFlight = now?.find((entry) => entry.service_id === service.id)?.in_flight ?? 0;
          return (
            <Link key={service.id} href={`/services/${service.id}`} className="launch">
              <span className="row"><b className="grow clip">{service.name}</b><State value={isFailing ? "failing" : service.state} /></span>
              <span className="mono muted clip">{gateway?.gateway_url.replace(/^https?:\/\//, "").replace(/\/$/, "")}{service.path_prefix}</span>
              <span className="muted small">{row ? `${plural(row.calls, "call")} · p95 ${duration(row.duration_p95_ms)}` : "no calls in this time"}{inFlight > 0 && ` · ${count(inFlight)} in flight`}</span>
            </Link>
          );
        })}
      </div>
    </Panel>
  );
}
