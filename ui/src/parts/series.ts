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

/** One line per group of `answer`, the largest first, and what the others make up of `total`, the series of all together. */
export function groups(answer: UsageAnswered, total: UsageAnswered, dimension: string, read: (row: UsageRow) => number): { times: number[]; lines: { label: string; values: number[] }[] } {
  const { times, rows } = buckets(total);
  const index = new Map(times.map((at, position) => [at, position]));
  const rest = rows.map((row) => (row ? read(row) : 0));
  const lines = new Map<string, { label: string; values: number[]; sum: number }>();
  for (const row of answer.rows) {
    const position = index.get(Date.parse(row.start ?? ""));
    if (position === undefined) continue;
    const key = row.keys[dimension];
    const line = lines.get(key) ?? { label: row.labels[dimension] || key || "none", values: times.map(() => 0), sum: 0 };
    lines.set(key, line);
    line.values[position] += read(row);
    line.sum += read(row);
    rest[position] -= read(row);
  }
  const all = [...lines.values()].sort((a, b) => b.sum - a.sum).map(({ label, values }) => ({ label, values }));
  // The two answers may be a second apart, and dollars are read as decimals: less than a millionth of all is nothing.
  const others = rest.map((value) => Math.max(0, value));
  const left = others.reduce((sum, value) => sum + value, 0);
  const whole = rows.reduce((sum, row) => sum + (row ? read(row) : 0), 0);
  return { times, lines: left > whole / 1e6 ? [...all, { label: "all others", values: others }] : all };
}
