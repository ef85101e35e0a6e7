/** The time range of all pages: in the URL (`range`, or `since` and `until`; `compare`), read by figures and charts. */
import { useEffect, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { DAY, HOUR, MINUTE } from "../format/time";

export type Interval = "minute" | "hour" | "day";
export type Range = {
  key: string;
  label: string;
  lengthMs: number;
  interval: Interval;
  bucketMs: number;
  refreshMs: number | false;
  compare: boolean;
  /** [since, until) now, aligned to the buckets; or the period of equal length before it. */
  instants(previous: boolean): { since: number; until: number };
};

export const PRESETS: { key: string; label: string; lengthMs: number }[] = [
  { key: "15m", label: "15 minutes", lengthMs: 15 * MINUTE },
  { key: "1h", label: "hour", lengthMs: HOUR },
  { key: "6h", label: "6 hours", lengthMs: 6 * HOUR },
  { key: "24h", label: "24 hours", lengthMs: DAY },
  { key: "7d", label: "7 days", lengthMs: 7 * DAY },
  { key: "30d", label: "30 days", lengthMs: 30 * DAY },
  { key: "90d", label: "90 days", lengthMs: 90 * DAY },
];
const DEFAULT = "1h";
const BUCKET: Record<Interval, number> = { minute: MINUTE, hour: HOUR, day: DAY };

function intervalOf(lengthMs: number): Interval {
  if (lengthMs <= 6 * HOUR) return "minute";
  return lengthMs <= 8 * DAY ? "hour" : "day";
}

function build(params: URLSearchParams): Range {
  const compare = params.get("compare") === "1";
  const since = Date.parse(params.get("since") ?? "");
  const until = Date.parse(params.get("until") ?? "");
  if (since < until) {
    const lengthMs = until - since;
    const interval = intervalOf(lengthMs);
    return {
      key: `${since}-${until}`, label: "Custom range", lengthMs, interval, bucketMs: BUCKET[interval], refreshMs: false, compare,
      instants: (previous) => (previous ? { since: since - lengthMs, until: since } : { since, until }),
    };
  }
  const preset = PRESETS.find((entry) => entry.key === params.get("range")) ?? PRESETS.find((entry) => entry.key === DEFAULT)!;
  const interval = intervalOf(preset.lengthMs);
  const bucketMs = BUCKET[interval];
  return {
    key: preset.key, label: `Last ${preset.label}`, lengthMs: preset.lengthMs, interval, bucketMs, compare,
    refreshMs: interval === "minute" ? 15_000 : 60_000,
    instants: (previous) => {
      const until = Math.ceil(Date.now() / bucketMs) * bucketMs;
      const start = until - preset.lengthMs;
      return previous ? { since: start - preset.lengthMs, until: start } : { since: start, until };
    },
  };
}

/** What counts as now, whatever range the page shows. */
export const LATELY = build(new URLSearchParams("range=15m"));

export function useRange(): Range {
  const [params] = useSearchParams();
  const text = `${params.get("range")}|${params.get("since")}|${params.get("until")}|${params.get("compare")}`;
  return useMemo(() => build(params), [text]);
}

/** Whether a change of the query string is an entry of the history of its own, or takes the place of the last. */
export type HistoryEntry = "own" | "replaced";
/** How long a box must rest before what was typed counts. */
const SETTLED_MS = 250;

/**
 * Change parts of the query string; null removes one. A filter that was set is an entry of the history, so that Back
 * takes it away again; what is no place to come back to (typing, a dialog that closes) replaces the last entry.
 */
export function useQueryPart(): [URLSearchParams, (changes: Record<string, string | null>, entry?: HistoryEntry) => void] {
  const [params, setParams] = useSearchParams();
  const change = (changes: Record<string, string | null>, entry: HistoryEntry = "own") => {
    if (Object.entries(changes).every(([name, value]) => (params.get(name) ?? "") === (value ?? ""))) return;
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === null || value === "") next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: entry === "replaced" },
    );
  };
  return [params, change];
}

/** A box of text that is part of the query string once it rests. Whoever changes the query string changes the box. */
export function useTyped(name: string, clean = (text: string) => text): [string, (text: string) => void] {
  const [params, change] = useQueryPart();
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => {
    if (typed === null) return;
    const timer = window.setTimeout(() => {
      change({ [name]: typed }, "replaced");
      setTyped(null);
    }, SETTLED_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return [typed ?? params.get(name) ?? "", (text) => setTyped(clean(text))];
}

/** The range's own part of the query string, so that links between pages keep it. */
export function rangeSearch(params: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of ["range", "since", "until", "compare"]) {
    const value = params.get(name);
    if (value) kept.set(name, value);
  }
  const text = kept.toString();
  return text ? `?${text}` : "";
}
