/** The uPlot side of a chart; a chunk of its own. Colours are read from the CSS variables, again when the theme changes. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { dateMinute } from "../format/time";
import type { Chart } from "./chart";

type Drawn = { times: number[]; series: (number | null)[][] };

export default function Canvas({ title, chart, height }: { title: string; chart: Chart; height: number }) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(chart);
  latest.current = chart;
  const [at, setAt] = useState<number | null>(null);
  const scheme = useComputedColorScheme("light");
  const shape = chart.kind + chart.isWhole + chart.bucketMs + chart.lines.map((line) => line.label + line.color + line.isDashed).join();

  useEffect(() => {
    const element = holder.current!;
    const made = new uPlot(options(element, latest, setAt), toData(latest.current), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, scheme, height]);

  useEffect(() => plot.current?.setData(toData(chart)), [chart]);

  return (
    <figure className="chart">
      <div className="legend" aria-hidden="true">
        {chart.lines.map((line) => (
          <span className="legend-item" key={line.label}>
            <span className="swatch" style={{ background: `var(${line.color})`, opacity: line.isDashed ? 0.5 : 1 }} />
            {line.label}
            {at !== null && <b>{line.values[at] == null ? "–" : chart.format(line.values[at])}</b>}
          </span>
        ))}
        {at !== null && <span className="legend-item">{dateMinute(chart.times[at])}</span>}
      </div>
      <div ref={holder} className="chart-canvas" style={{ height: `${height / 16}rem` }} role="img" aria-label={`${title}, ${describe(chart)}. The table view has the same figures.`} />
    </figure>
  );
}

function describe(chart: Chart): string {
  return chart.lines
    .map((line) => {
      const values = line.values.filter((value): value is number => value !== null);
      return values.length ? `${line.label}: up to ${chart.format(Math.max(...values))}` : `${line.label}: none`;
    })
    .join(", ");
}

function toData(chart: Chart): uPlot.AlignedData {
  const { times, series } = chart.kind === "stacked" ? stack(chart) : { times: chart.times, series: chart.lines.map((line) => line.values) };
  return [times.map((time) => time / 1000), ...series] as uPlot.AlignedData;
}

/** Running sums, the last line on top. uPlot draws later series over earlier ones, so the highest comes first. */
function stack(chart: Chart): Drawn {
  const sums = chart.times.map(() => 0);
  const series = chart.lines.map((line) => line.values.map((value, index) => (sums[index] += value ?? 0)));
  return { times: chart.times, series: series.reverse() };
}

/** Steps of an axis of what is counted: there is no half of a call. */
const WHOLE = [1, 2, 5].flatMap((step) => Array.from({ length: 13 }, (_, power) => step * 10 ** power)).sort((a, b) => a - b);

const FONT = "Inter, system-ui, sans-serif";

/** Pixels on a canvas for pixels of the design, which grow with the root's font. */
const rem = (pixels: number) => (pixels * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16;

function options(element: HTMLElement, latest: { current: Chart }, setAt: (at: number | null) => void): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const chart = latest.current;
  const lines = chart.kind === "stacked" ? [...chart.lines].reverse() : chart.lines;
  const bars = uPlot.paths.bars!({ size: [0.78, rem(26)], radius: 0, gap: 0 });
  const font = `${rem(11)}px ${FONT}`;
  const axis = { stroke: color("--muted"), font, ticks: { show: false }, grid: { stroke: color("--grid"), width: 1 } };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    padding: [8, rem(30), 0, 0],
    cursor: { y: false, points: { show: chart.kind === "lines", size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_plot, low, high) => (chart.kind === "stacked" ? [low - chart.bucketMs / 2000, high + chart.bucketMs / 2000] : [low, high]) },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.08 : 1] },
    },
    series: [
      {},
      ...lines.map((line): uPlot.Series => {
        const stroke = color(line.color);
        if (chart.kind === "stacked") return { label: line.label, paths: bars, fill: stroke, stroke, width: 0, points: { show: false } };
        return { label: line.label, stroke: line.isDashed ? stroke + "99" : stroke, width: 1.6, dash: line.isDashed ? [4, 4] : undefined, spanGaps: true, points: { show: "auto" as unknown as boolean, size: 4, fill: stroke } };
      }),
    ],
    axes: [
      { ...axis, grid: { show: false }, size: rem(28), space: rem(64), values: (_plot, ticks) => tickLabels(ticks) },
      { ...axis, size: (plot, values) => axisWidth(plot, values), space: rem(36), values: (_plot, ticks) => valueLabels(ticks, latest.current.format), ...(chart.isWhole && { incrs: WHOLE }) },
    ],
    hooks: { setCursor: [(plot) => setAt(plot.cursor.idx ?? null)] },
  };
}

/** Names a tick by its value; between two whole numbers that read the same it is left bare, so that 0, ½, 1 is not 0, 1, 1. */
function valueLabels(ticks: number[], format: (value: number) => string): string[] {
  const labels = ticks.map(format);
  return labels.map((label, at) => (Number.isInteger(ticks[at]) || labels.indexOf(label) === labels.lastIndexOf(label) ? label : ""));
}

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayOnly = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

function tickLabels(ticks: number[]): string[] {
  const isDays = ticks.length > 1 && ticks[1] - ticks[0] >= 86_400;
  return ticks.map((tick) => {
    const time = new Date(tick * 1000);
    return isDays || (time.getHours() === 0 && time.getMinutes() === 0) ? dayOnly.format(time) : hour.format(time);
  });
}

function axisWidth(plot: uPlot, values: string[] | null): number {
  if (!values?.length) return 40;
  const longest = values.reduce((a, b) => (b.length > a.length ? b : a), "");
  plot.ctx.font = `${rem(11) * devicePixelRatio}px ${FONT}`;
  return Math.ceil(plot.ctx.measureText(longest).width / devicePixelRatio) + 12;
}
