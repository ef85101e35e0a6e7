/** A time chart: uPlot, drawn when its code has arrived, with a table view of the same figures. */
import { lazy, Suspense, useState, type ReactNode } from "react";
import { SegmentedControl } from "@mantine/core";
import { dateMinute } from "../format/time";
import { Panel, Skeleton } from "./page";

export type Line = { label: string; color: string; values: (number | null)[]; isDashed?: boolean };
export type Chart = { times: number[]; lines: Line[]; format: (value: number) => string; kind: "stacked" | "lines"; bucketMs: number; isWhole?: boolean };

const Canvas = lazy(() => import("./canvas"));
const HEIGHT = 208;

export function ChartPanel({ title, chart, acts, empty }: { title: string; chart: Chart | undefined; acts?: ReactNode; empty: ReactNode }) {
  const [view, setView] = useState("chart");
  const isEmpty = chart !== undefined && !chart.lines.some((line) => line.values.some((value) => value));
  return (
    <Panel
      title={title}
      acts={
        <>
          {acts}
          {!isEmpty && <SegmentedControl size="xs" aria-label={`${title}: view`} value={view} onChange={setView} data={[{ value: "chart", label: "Chart" }, { value: "table", label: "Table" }]} />}
        </>
      }
    >
      {chart === undefined && <Skeleton height={HEIGHT + 28} />}
      {chart && isEmpty && <p className="chart-empty">{empty}</p>}
      {chart && !isEmpty && view === "chart" && (
        <Suspense fallback={<Skeleton height={HEIGHT + 28} />}>
          <Canvas title={title} chart={chart} height={HEIGHT} />
        </Suspense>
      )}
      {chart && !isEmpty && view === "table" && <ChartTable title={title} chart={chart} />}
    </Panel>
  );
}

function ChartTable({ title, chart }: { title: string; chart: Chart }) {
  const order = chart.times.map((_, index) => index).reverse().filter((index) => chart.lines.some((line) => line.values[index]));
  return (
    <div className="chart-table" tabIndex={0} role="region" aria-label={`${title} as a table`}>
      <table className="table">
        <thead><tr><th scope="col">From</th>{chart.lines.map((line) => <th scope="col" className="end" key={line.label}>{line.label}</th>)}</tr></thead>
        <tbody>
          {order.map((index) => (
            <tr key={chart.times[index]}>
              <td className="nowrap">{dateMinute(chart.times[index])}</td>
              {chart.lines.map((line) => <td className="end" key={line.label}>{line.values[index] == null ? "–" : chart.format(line.values[index])}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
