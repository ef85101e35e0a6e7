/** Spend and calls by one dimension, the largest first, each with its change: the top movers. */
import { useState } from "react";
import { SegmentedControl } from "@mantine/core";
import { Link } from "wouter";
import { useUsage, type Dimension } from "../../api/usage";
import type { UsageRow } from "../../api/types";
import type { Range } from "../../frame/range";
import { count, money, percent } from "../../format/numbers";
import { Loaded, Panel } from "../../parts/page";

type By = "model" | "provider" | "service" | "token";
const SHOWN = 8;

export function Breakdown({ range }: { range: Range }) {
  const [by, setBy] = useState<By>("model");
  const [measure, setMeasure] = useState<"cost" | "calls">("cost");
  const now = useUsage(range, { by: [by as Dimension] });
  const before = useUsage(range, { by: [by as Dimension] }, { previous: true });
  const read = (row: UsageRow) => (measure === "cost" ? Number(row.cost_usd) : row.calls);
  const earlier = new Map((before.data?.rows ?? []).map((row) => [row.keys[by], read(row)]));
  return (
    <Panel
      title={measure === "cost" ? "Spend" : "Calls"}
      acts={
        <>
          <SegmentedControl size="xs" aria-label="Measure" value={measure} onChange={(value) => setMeasure(value as "cost" | "calls")} data={[{ value: "cost", label: "Spend" }, { value: "calls", label: "Calls" }]} />
          <SegmentedControl size="xs" aria-label="By" value={by} onChange={(value) => setBy(value as By)} data={[{ value: "model", label: "Model" }, { value: "provider", label: "Provider" }, { value: "service", label: "Service" }, { value: "token", label: "Token" }]} />
        </>
      }
      foot={<Link href={`/usage?by=${by}`}>All of it, with CSV</Link>}
    >
      <Loaded query={now} rows={SHOWN}>
        {(answer) => <Bars rows={answer.rows.filter((row) => row.keys[by] !== "")} by={by} read={read} format={measure === "cost" ? money : count} earlier={before.data ? earlier : null} />}
      </Loaded>
    </Panel>
  );
}

function Bars({ rows, by, read, format, earlier }: { rows: UsageRow[]; by: By; read: (row: UsageRow) => number; format: (value: number) => string; earlier: Map<string, number> | null }) {
  const largest = [...rows].sort((a, b) => read(b) - read(a)).slice(0, SHOWN);
  if (!largest.length) return <p className="chart-empty">No calls by {by} in this time.</p>;
  const high = Math.max(...largest.map(read), 1e-12);
  return (
    <div className="bars">
      {largest.map((row) => {
        const name = row.labels[by] || row.keys[by];
        const value = read(row);
        return (
          <div className="bar-row" key={row.keys[by]}>
            <Link className="clip" href={linkTo(by, row.keys[by])} title={name}>{name}</Link>
            <span className="track" aria-hidden="true"><span className="track-fill" style={{ width: `${(value / high) * 100}%` }} /></span>
            <span className="end">{row.unpriced_calls === row.calls && value === 0 && format === (money as typeof format) ? "unpriced" : format(value)}</span>
            <span className="end muted small">{earlier && moved(value, earlier.get(row.keys[by]))}</span>
          </div>
        );
      })}
    </div>
  );
}

function moved(value: number, before: number | undefined): string {
  if (!before) return value ? "new" : "";
  const change = ((value - before) / before) * 100;
  if (Math.abs(change) < 0.5) return "=";
  return `${change > 0 ? "↑" : "↓"} ${Math.abs(change) > 999 ? ">999 %" : percent(Math.abs(change))}`;
}

function linkTo(by: By, key: string): string {
  if (by === "model") return `/calls?model=${encodeURIComponent(key)}`;
  return `/${by}s/${key}`;
}
