/** Limits and budgets: in words, as live bars, and as a form. */
import { ActionIcon, Button, NumberInput, Select, TextInput } from "@mantine/core";
import IconTrash from "@tabler/icons-react/dist/esm/icons/IconTrash.mjs";
import type { Limits, Meters, Period } from "../api/types";
import { amount as amountOf, exact, money, plural, span } from "../format/numbers";
import { ago, countdown, instant } from "../format/time";

export const NO_LIMITS: Limits = { requests: [], concurrency: null, budgets: [], unbounded_output: null };
const PERIODS: { value: Period; label: string }[] = [
  { value: "hour", label: "hour" }, { value: "day", label: "day" }, { value: "week", label: "week" }, { value: "month", label: "month" }, { value: "total", label: "in all, never resets" },
];
const WINDOWS = [{ value: "1", label: "second" }, { value: "60", label: "minute" }, { value: "3600", label: "hour" }, { value: "86400", label: "day" }];

export const hasLimits = (limits: Limits) => limits.requests.length > 0 || limits.concurrency !== null || limits.budgets.length > 0;

export function limitsInWords(limits: Limits): string {
  const parts = limits.requests.map((rule) => `${exact(rule.requests)} per ${span(rule.window_seconds)}`);
  if (limits.concurrency) parts.push(`${exact(limits.concurrency.calls)} at once`);
  parts.push(...limits.budgets.map((budget) => `${amountOf(budget.limit_usd)} ${budget.period === "total" ? "in all" : `per ${budget.period}`}`));
  return parts.join(" · ") || "none";
}

export function LimitBars({ meters }: { meters: Meters }) {
  const isEmpty = !meters.requests.length && !meters.budgets.length && !meters.concurrency;
  if (isEmpty) return <p className="muted">No limit and no budget of its own.</p>;
  return (
    <div className="stack">
      {meters.budgets.map((budget) => (
        <Bar
          key={`b-${budget.name}`} name={`Budget ${budget.name}`} used={Number(budget.spent_usd)} held={Number(budget.reserved_usd)} limit={Number(budget.limit_usd)}
          words={`${money(budget.spent_usd)} of ${amountOf(budget.limit_usd)}`}
          note={<>{Number(budget.reserved_usd) > 0 && `${money(budget.reserved_usd)} held by calls in flight · `}{budget.resets_at ? <span title={instant(budget.resets_at)}>resets {ago(budget.resets_at)}</span> : "never resets"}</>}
        />
      ))}
      {meters.requests.map((rule) => (
        <Bar key={`r-${rule.name}`} name={`Requests per ${span(rule.window_seconds)}`} used={rule.used} limit={rule.limit} words={`${exact(rule.used)} of ${exact(rule.limit)}`}
          note={rule.used ? `sliding window, free again in ${countdown(rule.resets_in_seconds)}` : "sliding window, unused"} />
      ))}
      {meters.concurrency && <Bar name="Calls at once" used={meters.concurrency.in_flight} limit={meters.concurrency.limit} words={`${exact(meters.concurrency.in_flight)} of ${exact(meters.concurrency.limit)}`} note="in flight now" />}
    </div>
  );
}

function Bar({ name, used, held = 0, limit, words, note }: { name: string; used: number; held?: number; limit: number; words: string; note: React.ReactNode }) {
  const share = limit > 0 ? Math.min(100, (used / limit) * 100) : 100;
  const tone = share >= 95 ? "track-bad" : share >= 80 ? "track-warn" : "";
  return (
    <div className="limit" role="group" aria-label={`${name}: ${words}`}>
      <div className="row"><span className="grow">{name}</span><span className="num"><b>{words}</b></span></div>
      <span className={`track ${tone}`} aria-hidden="true">
        <span className="track-fill" style={{ width: `${share}%` }} />
        {held > 0 && <span className="track-held" style={{ left: `${share}%`, width: `${Math.min(100 - share, (held / limit) * 100)}%` }} />}
      </span>
      <span className="muted small">{note}</span>
    </div>
  );
}

export function LimitsForm({ value, onChange, errors = {} }: { value: Limits; onChange: (limits: Limits) => void; errors?: Record<string, string> }) {
  const requests = (index: number, part: Partial<Limits["requests"][number]>) => onChange({ ...value, requests: value.requests.map((rule, at) => (at === index ? { ...rule, ...part } : rule)) });
  const budgets = (index: number, part: Partial<Limits["budgets"][number]>) => onChange({ ...value, budgets: value.budgets.map((rule, at) => (at === index ? { ...rule, ...part } : rule)) });
  return (
    <div className="form">
      <fieldset>
        <legend>Requests</legend>
        <div className="stack-small">
          {value.requests.map((rule, index) => (
            <div className="form-row" key={index}>
              <NumberInput className="grow" label="At most" min={1} max={1_000_000_000} allowDecimal={false} thousandSeparator value={rule.requests} onChange={(amount) => requests(index, { requests: Number(amount) || 1 })} error={errors[`limits/requests/${index}/requests`]} />
              <Select className="grow" label="calls in any" allowDeselect={false} data={windowsWith(rule.window_seconds)} value={String(rule.window_seconds)} onChange={(window) => requests(index, { window_seconds: Number(window), name: "" })} error={errors[`limits/requests/${index}/window_seconds`] ?? errors[`limits/requests/${index}/name`]} />
              <Remove label="Remove this request limit" run={() => onChange({ ...value, requests: value.requests.filter((_, at) => at !== index) })} />
            </div>
          ))}
          <div><Button variant="default" onClick={() => onChange({ ...value, requests: [...value.requests, { name: "", requests: 60, window_seconds: value.requests.some((rule) => rule.window_seconds === 60) ? 86_400 : 60 }] })}>Add a request limit</Button></div>
        </div>
      </fieldset>
      <fieldset>
        <legend>Calls at once</legend>
        <NumberInput maw={260} aria-label="Calls at once, empty for no limit" placeholder="no limit" min={1} max={1_000_000} allowDecimal={false} value={value.concurrency?.calls ?? ""} onChange={(calls) => onChange({ ...value, concurrency: calls === "" ? null : { calls: Number(calls) } })} error={errors["limits/concurrency/calls"]} />
      </fieldset>
      <fieldset>
        <legend>Budget</legend>
        <div className="stack-small">
          {value.budgets.map((budget, index) => (
            <div className="form-row" key={index}>
              <TextInput className="grow" label="At most, in USD" inputMode="decimal" value={budget.limit_usd} onChange={(event) => budgets(index, { limit_usd: event.currentTarget.value.replace(",", ".").trim() })} error={errors[`limits/budgets/${index}/limit_usd`]} />
              <Select className="grow" label="per" allowDeselect={false} data={PERIODS} value={budget.period} onChange={(period) => budgets(index, { period: period as Period, name: "" })} error={errors[`limits/budgets/${index}/period`] ?? errors[`limits/budgets/${index}/name`]} />
              <Remove label="Remove this budget" run={() => onChange({ ...value, budgets: value.budgets.filter((_, at) => at !== index) })} />
            </div>
          ))}
          <div><Button variant="default" onClick={() => onChange({ ...value, budgets: [...value.budgets, { name: "", limit_usd: "10", period: value.budgets.some((budget) => budget.period === "month") ? "day" : "month" }] })}>Add a budget</Button></div>
        </div>
      </fieldset>
    </div>
  );
}

/** Limits as the API takes them: a rule without a name is named after its window or period. */
export function limitsInput(limits: Limits) {
  const named = <T extends { name: string }>(rule: T) => ({ ...rule, name: rule.name || undefined });
  return { ...limits, requests: limits.requests.map(named), budgets: limits.budgets.map(named) };
}

function Remove({ label, run }: { label: string; run: () => void }) {
  return <ActionIcon size={36} aria-label={label} onClick={run}><IconTrash size={16} /></ActionIcon>;
}

function windowsWith(seconds: number) {
  return WINDOWS.some((window) => Number(window.value) === seconds) ? WINDOWS : [...WINDOWS, { value: String(seconds), label: span(seconds) }];
}

export function rightsInWords(names: string[] | null, noun: string): string {
  if (names === null) return `all ${noun}s`;
  if (names.length === 0) return `no ${noun}`;
  return names.length <= 2 ? names.join(", ") : plural(names.length, noun);
}

