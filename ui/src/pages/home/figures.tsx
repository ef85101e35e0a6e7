/** Six figures with sparkline and change against the period before. */
import { useSavings, useUsage } from "../../api/usage";
import type { UsageRow } from "../../api/types";
import type { Range } from "../../frame/range";
import { NOTHING, count, duration, money, percent, rate, roughly } from "../../format/numbers";
import { DAY } from "../../format/time";
import { Trouble } from "../../parts/page";
import { Figure } from "../../parts/figure";
import { buckets, counts, errors, levels } from "../../parts/series";
import { Change } from "../../parts/words";

export function Figures({ range }: { range: Range }) {
  const now = useUsage(range, {});
  const before = useUsage(range, {}, { previous: true });
  const series = useUsage(range, { series: true });
  if (now.error) return <Trouble error={now.error} retry={() => void now.refetch()} />;
  const isLoading = !now.data || !series.data;
  const sum = now.data?.rows[0];
  const last = before.data ? (before.data.rows[0] ?? null) : undefined;
  const spark = series.data ? buckets(series.data) : { times: [], rows: [] };
  const change = (read: (row: UsageRow) => number, goodWhen: "higher" | "lower" | "neither") =>
    last === undefined ? null : <Change now={sum ? read(sum) : 0} before={last ? read(last) : 0} goodWhen={goodWhen} />;
  const share = (row: UsageRow) => (row.calls ? (errors(row) / row.calls) * 100 : 0);
  const seconds = now.data ? Math.max(1, (Math.min(Date.now(), now.data.until) - now.data.since) / 1000) : 1;
  const perSecond = (sum?.calls ?? 0) / seconds;
  const slow = perSecond < 0.1;
  return (
    <section className="figures" aria-label="Figures">
      <Figure label={slow ? "Requests per minute" : "Requests per second"} isLoading={isLoading} value={rate(slow ? perSecond * 60 : perSecond)} spark={counts(spark, (row) => row.calls)}
        foot={<>{change((row) => row.calls, "neither")}<span>{count(sum?.calls ?? 0)} in all</span></>} />
      <Figure label="Errors" isLoading={isLoading} value={percent(sum ? share(sum) : null)} spark={counts(spark, errors)}
        foot={<>{change(share, "lower")}<span>{count(sum?.limited ?? 0)} limited</span></>} />
      <Figure label="Latency p95" isLoading={isLoading} value={duration(sum?.duration_p95_ms)} spark={levels(spark, (row) => row.duration_p95_ms)}
        foot={<>{change((row) => row.duration_p95_ms, "lower")}<span title="What Tollway itself adds: 95 of 100 calls take no more">ours {duration(sum?.overhead_p95_ms)}</span></>} />
      <Figure label="Tokens in / out" isLoading={isLoading} value={`${count(sum?.input_tokens ?? 0)} / ${count(sum?.output_tokens ?? 0)}`} spark={counts(spark, (row) => row.input_tokens + row.output_tokens)}
        foot={<>{change((row) => row.input_tokens + row.output_tokens, "neither")}<span>{count(sum?.cached_input_tokens ?? 0)} cached</span></>} />
      <Spend sum={sum} isLoading={isLoading} change={change((row) => Number(row.cost_usd), "lower")} spark={counts(spark, (row) => Number(row.cost_usd))} />
      <Savings range={range} spark={counts(spark, (row) => row.cached_input_tokens)} />
    </section>
  );
}

function Spend({ sum, isLoading, change, spark }: { sum: UsageRow | undefined; isLoading: boolean; change: React.ReactNode; spark: number[] }) {
  const month = useUsage(monthSoFar, {});
  const spent = Number(month.data?.rows[0]?.cost_usd ?? 0);
  const elapsed = Date.now() - monthSoFar.instants(false).since;
  const projected = elapsed > DAY / 4 ? (spent / elapsed) * monthLength() : null;
  return (
    <Figure label="Spend" isLoading={isLoading} value={money(sum?.cost_usd ?? "0")} spark={spark}
      foot={<>{change}<span title="At this month's pace so far">{projected === null ? `${money(spent)} this month` : `month end ≈ ${roughly(projected)}`}</span>{!!sum?.unpriced_calls && <span>{count(sum.unpriced_calls)} unpriced</span>}</>} />
  );
}

/** What cached prompts saved. An estimate: at the prices of now, which its title says. */
function Savings({ range, spark }: { range: Range; spark: number[] }) {
  const now = useSavings(range);
  const before = useSavings(range, { previous: true });
  const unpriced = now.data?.unpriced_cached_input_tokens ?? 0;
  const title = `What ${count(now.data?.cached_input_tokens)} cached input tokens would have cost more as plain ones, at the prices of now${unpriced ? `; ${count(unpriced)} of them have no known price` : ""}`;
  return (
    <Figure label="Saved by cached prompts" isLoading={now.isPending} value={now.data ? money(now.data.saved_usd) : NOTHING} spark={spark}
      foot={now.data && <><Change now={Number(now.data.saved_usd)} before={before.data && Number(before.data.saved_usd)} goodWhen="higher" /><span title={title}>{count(now.data.cached_input_tokens)} tokens</span></>} />
  );
}

function monthLength(): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
}

const monthSoFar: Range = {
  key: "month", label: "This month", lengthMs: monthLength(), interval: "day", bucketMs: DAY, refreshMs: 60_000, compare: false,
  instants: () => {
    const now = new Date();
    return { since: Date.UTC(now.getUTCFullYear(), now.getUTCMonth()), until: Math.ceil(Date.now() / DAY) * DAY };
  },
};
