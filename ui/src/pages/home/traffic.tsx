/** Live traffic by kind of answer, and latency. */
import { useMemo } from "react";
import { useUsage, type Dimension, type UsageAnswered } from "../../api/usage";
import type { Range } from "../../frame/range";
import { count, duration } from "../../format/numbers";
import { Trouble } from "../../parts/page";
import { ChartPanel, type Chart } from "../../parts/chart";
import { buckets, counts, good, levels } from "../../parts/series";

export function Traffic({ range, filters, empty }: { range: Range; filters?: Partial<Record<Dimension, string>>; empty?: string }) {
  const now = useUsage(range, { series: true, filters });
  const before = useUsage(range, { series: true, filters }, { previous: true, enabled: range.compare });
  const charts = useMemo(() => build(now.data, range.compare ? before.data : undefined), [now.data, before.data, range.compare]);
  if (now.error) return <Trouble error={now.error} retry={() => void now.refetch()} />;
  const none = empty ?? "No calls in this time. They appear here a moment after they end.";
  return (
    <div className="columns">
      <ChartPanel title="Traffic" chart={charts?.traffic} empty={none} />
      <ChartPanel title="Latency" chart={charts?.latency} empty={none} />
    </div>
  );
}

function build(answer: UsageAnswered | undefined, previous: UsageAnswered | undefined): { traffic: Chart; latency: Chart } | undefined {
  if (!answer) return undefined;
  const now = buckets(answer);
  const shared = { times: now.times, bucketMs: answer.bucketMs };
  const traffic: Chart = {
    ...shared, kind: "stacked", isWhole: true, format: count,
    lines: [
      { label: "2xx", color: "--chart-good", values: counts(now, good) },
      { label: "4xx", color: "--chart-4xx", values: counts(now, (row) => row.client_errors - row.limited) },
      { label: "429", color: "--chart-429", values: counts(now, (row) => row.limited) },
      { label: "5xx", color: "--chart-5xx", values: counts(now, (row) => row.server_errors) },
    ],
  };
  const latency: Chart = {
    ...shared, kind: "lines", format: duration,
    lines: [
      { label: "p50", color: "--chart-2", values: levels(now, (row) => row.duration_p50_ms) },
      { label: "p95", color: "--chart-1", values: levels(now, (row) => row.duration_p95_ms) },
      { label: "p99", color: "--chart-4", values: levels(now, (row) => row.duration_p99_ms) },
      { label: "first byte p95", color: "--chart-3", values: levels(now, (row) => row.first_byte_p95_ms) },
    ],
  };
  if (previous) {
    const rows = buckets(previous).rows.slice(0, now.times.length);
    latency.lines.push({ label: "p95 before", color: "--chart-1", isDashed: true, values: levels({ times: now.times, rows }, (row) => row.duration_p95_ms) });
  }
  return { traffic, latency };
}
