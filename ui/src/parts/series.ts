/** Usage rows into gap-free series: a bucket without calls counts 0 calls, and has no latency. */
import type { UsageAnswered } from "../api/usage";
import type { UsageRow } from "../api/types";

export type Buckets = { times: number[]; rows: (UsageRow | undefined)[] };

export function buckets(answer: UsageAnswered): Buckets {
  const byStart = new Map(answer.rows.map((row) => [Date.parse(row.start ?? ""), row]));
  const first = Math.floor(answer.since / answer.bucketMs) * answer.bucketMs;
  const times: number[] = [];
  for (let at = first; at < answer.until; at += answer.bucketMs) times.push(at);
  return { times, rows: times.map((at) => byStart.get(at)) };
}

export const counts = (given: Buckets, read: (row: UsageRow) => number) => given.rows.map((row) => (row ? read(row) : 0));
export const levels = (given: Buckets, read: (row: UsageRow) => number) => given.rows.map((row) => (row && row.calls ? read(row) : null));
export const good = (row: UsageRow) => Math.max(0, row.calls - row.client_errors - row.server_errors);
export const errors = (row: UsageRow) => row.client_errors + row.server_errors;

/** One row per group, summed per bucket: the `count` largest groups, the rest together. */
export function groups(answer: UsageAnswered, dimension: string, read: (row: UsageRow) => number, count: number): { times: number[]; lines: { label: string; values: number[] }[] } {
  const { times } = buckets({ ...answer, rows: [] });
  const index = new Map(times.map((at, position) => [at, position]));
  const totals = new Map<string, number>();
  for (const row of answer.rows) totals.set(row.keys[dimension], (totals.get(row.keys[dimension]) ?? 0) + read(row));
  const largest = [...totals].sort((a, b) => b[1] - a[1]).slice(0, count).map(([key]) => key);
  const labels = new Map(answer.rows.map((row) => [row.keys[dimension], row.labels[dimension] || row.keys[dimension] || "none"]));
  const lines = new Map(largest.map((key) => [key, { label: labels.get(key)!, values: times.map(() => 0) }]));
  const rest = { label: "all others", values: times.map(() => 0) };
  for (const row of answer.rows) {
    const position = index.get(Date.parse(row.start ?? ""));
    if (position !== undefined) (lines.get(row.keys[dimension]) ?? rest).values[position] += read(row);
  }
  const all = [...lines.values()];
  return { times, lines: totals.size > count ? [...all, rest] : all };
}
