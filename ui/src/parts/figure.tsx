/** One number with its unit, change against the period before, and a sparkline. */
import type { ReactNode } from "react";
import { Skeleton } from "./page";

export function Figure({ label, value, unit, foot, spark, isLoading = false }: { label: string; value: ReactNode; unit?: string; foot?: ReactNode; spark?: (number | null)[]; isLoading?: boolean }) {
  return (
    <div className="figure">
      <span className="figure-label">{label}</span>
      {isLoading ? <Skeleton height={30} width="60%" /> : <span className="figure-value">{value}{unit && <span className="figure-unit">{unit}</span>}</span>}
      <span className="figure-foot">{foot}</span>
      {spark && <div className="figure-spark">{!isLoading && spark.length > 0 && <Sparkline values={spark} />}</div>}
    </div>
  );
}

/** Shape only; the number above it and the charts below carry the values. */
export function Sparkline({ values }: { values: (number | null)[] }) {
  const known = values.map((value) => value ?? 0);
  const high = Math.max(...known, 1e-9);
  const step = 100 / Math.max(1, known.length - 1);
  const line = known.map((value, index) => `${index ? "L" : "M"}${(index * step).toFixed(2)} ${(28 - (value / high) * 26).toFixed(2)}`).join("");
  return (
    <svg className="spark" viewBox="0 0 100 29" preserveAspectRatio="none" aria-hidden="true">
      <path className="spark-area" d={`${line}L100 29L0 29Z`} />
      <path d={line} />
    </svg>
  );
}
