/** Limits and budgets in words, and as live bars; the form is limits_form.tsx. */
import type { Limits, Meter, Meters } from "../api/types";
import { amount as amountOf, count, exact, moneyShort, plural, span } from "../format/numbers";
import { ago, instant } from "../format/time";

export const NO_LIMITS: Limits = { requests: [], concurrency: null, budgets: [], unbounded_output: null, limits: [] };
export const MEASURES: { value: Meter["measure"]; label: string; noun: string }[] = [
  { value: "requests", label: "Requests", noun: "calls" }, { value: "total_tokens", label: "Tokens", noun: "tokens" }, { value: "input_tokens", label: "Input tokens", noun: "input tokens" },
  { value: "output_tokens", label: "Output tokens", noun: "output tokens" }, { value: "cost", label: "Cost", noun: "USD" }, { value: "bytes", label: "Bytes", noun: "bytes" }, { value: "concurrency", label: "Calls at once", noun: "calls at once" },
];
const NOUN = Object.fromEntries(MEASURES.map((measure) => [measure.value, measure.noun])) as Record<Meter["measure"], string>;
const LABEL = Object.fromEntries(MEASURES.map((measure) => [measure.value, measure.label])) as Record<Meter["measure"], string>;

export const hasLimits = (limits: Limits) => limits.requests.length > 0 || limits.concurrency !== null || limits.budgets.length > 0 || limits.limits.length > 0;

type Window = { period: Meter["period"]; window_seconds: number; zone: string };
const windowInWords = ({ period, window_seconds, zone }: Window) =>
  (period === "total" ? "in all" : period ? `per ${period}` : window_seconds ? `in any ${span(window_seconds)}` : "") + (zone !== "UTC" ? ` (${zone})` : "");
const models = (names: string[]) => (names.length ? ` for ${names.join(", ")}` : "");

export function limitsInWords(limits: Limits): string {
  const parts = limits.requests.map((rule) => `${exact(rule.requests)} per ${span(rule.window_seconds)}`);
  if (limits.concurrency) parts.push(`${exact(limits.concurrency.calls)} at once`);
  parts.push(...limits.budgets.map((budget) => `${budget.limit_usd !== null ? amountOf(budget.limit_usd) : `${count(budget.limit_tokens ?? 0)} tokens`} ${windowInWords(budget)}${models(budget.models)}${budget.soft ? " (soft)" : ""}`));
  parts.push(...limits.limits.map((rule) => `${rule.amount_usd !== null ? amountOf(rule.amount_usd) : `${count(rule.amount ?? 0)} ${NOUN[rule.measure]}`} ${windowInWords(rule)}${models(rule.models)}${rule.soft ? " (soft)" : ""}`.trim()));
  return parts.join(" · ") || "none";
}

/** The name of one limit, and an amount in its unit, as people read them. */
export const meterName = (meter: Meter) => (meter.budget ? `Budget ${meter.name}` : meter.measure === "concurrency" ? "Calls at once" : `${LABEL[meter.measure]} ${windowInWords(meter)}`) + models(meter.models);
export const amountIn = (meter: Meter, amount: string) => (meter.unit === "usd" ? moneyShort(amount) : Number(amount) < 100_000 ? exact(Number(amount)) : count(Number(amount)));
const usedOf = (meter: Meter) => `${amountIn(meter, meter.used)} of ${meter.unit === "usd" ? amountOf(meter.allowed) : amountIn(meter, meter.allowed)}${meter.unit === "tokens" || meter.unit === "bytes" ? ` ${meter.unit}` : ""}`;

export function LimitBars({ meters }: { meters: Meters }) {
  if (!meters.every.length) return <p className="muted">No limit and no budget of its own.</p>;
  return <div className="stack">{meters.every.map((meter) => <MeterBar key={meter.id} meter={meter} />)}</div>;
}

export function MeterBar({ meter, isBare = false }: { meter: Meter; isBare?: boolean }) {
  const [used, allowed, held] = [Number(meter.used), Number(meter.allowed), Number(meter.reserved)];
  const share = allowed > 0 ? Math.min(100, (used / allowed) * 100) : 100;
  const tone = share >= 95 ? "track-bad" : share >= 80 ? "track-warn" : "";
  const words = usedOf(meter);
  const more = Number(meter.allowed) - Number(meter.amount);
  return (
    <div className="limit" role="group" aria-label={`${meterName(meter)}: ${words}`}>
      {!isBare && <div className="row"><span className="grow">{meterName(meter)} {meter.soft && <span className="tag" title="Counted and told of, never refused">soft</span>}</span><span className="num"><b>{words}</b></span></div>}
      <span className={`track ${tone}`} aria-hidden="true">
        <span className="track-fill" style={{ width: `${share}%` }} />
        {held > 0 && <span className="track-held" style={{ left: `${share}%`, width: `${Math.min(100 - share, (held / allowed) * 100)}%` }} />}
      </span>
      <span className="muted small">
        {isBare && `${words} · `}
        {held > 0 && meter.measure !== "concurrency" && `${amountIn(meter, meter.reserved)} held by calls in flight · `}
        {more > 0 && `topped up by ${meter.unit === "usd" ? amountOf(String(more)) : amountIn(meter, String(more))} · `}
        <Resets meter={meter} isUsed={used > 0} />
      </span>
    </div>
  );
}

function Resets({ meter, isUsed }: { meter: Meter; isUsed: boolean }) {
  if (meter.measure === "concurrency") return <>in flight now</>;
  if (meter.period === "total") return <>never resets</>;
  if (!meter.resets_at) return <>{meter.period ? "not used in this period" : "sliding window, unused"}</>;
  if (meter.period) return <span title={instant(meter.resets_at)}>resets {ago(meter.resets_at)}</span>;
  return <>{isUsed ? <span title={instant(meter.resets_at)}>sliding window, free again {ago(meter.resets_at)}</span> : "sliding window, unused"}</>;
}

export function rightsInWords(names: string[] | null, noun: string): string {
  if (names === null) return `all ${noun}s`;
  if (names.length === 0) return `no ${noun}`;
  return names.length <= 2 ? names.join(", ") : plural(names.length, noun);
}
