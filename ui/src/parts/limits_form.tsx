/** The editor of limits and budgets, the same wherever something can be limited. */
import { useState } from "react";
import { ActionIcon, Button, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import IconAdjustments from "@tabler/icons-react/dist/esm/icons/IconAdjustments.mjs";
import IconTrash from "@tabler/icons-react/dist/esm/icons/IconTrash.mjs";
import type { BudgetRule, LimitRule, Limits } from "../api/types";
import { useModels } from "../api/upstreams";
import { span } from "../format/numbers";
import { MEASURES } from "./limits";

type Windowed = { period: BudgetRule["period"]; window_seconds: number; zone: string };
type Rest = { zone: string; soft: boolean; alert_percents: number[]; models: string[] };
type Errors = Record<string, string>;

const CALENDAR = [{ value: "hour", label: "each hour" }, { value: "day", label: "each day" }, { value: "week", label: "each week" }, { value: "month", label: "each month" }, { value: "total", label: "in all, never resets" }];
const SLIDING = [1, 60, 300, 3600, 86_400, 7 * 86_400, 30 * 86_400];
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = [...new Set(["UTC", HERE, ...(Intl.supportedValuesOf?.("timeZone") ?? [])])];
const PLAIN: Rest = { zone: "UTC", soft: false, alert_percents: [80, 100], models: [] };

const windowKey = (rule: Windowed) => rule.period ?? `s${rule.window_seconds}`;
const fromKey = (key: string): Pick<Windowed, "period" | "window_seconds"> => (key.startsWith("s") ? { period: null, window_seconds: Number(key.slice(1)) } : { period: key as BudgetRule["period"], window_seconds: 0 });
const windows = (seconds: number) => [
  { group: "Sliding", items: [...new Set([...SLIDING, ...(seconds ? [seconds] : [])])].sort((a, b) => a - b).map((one) => ({ value: `s${one}`, label: `in any ${span(one)}` })) },
  { group: "Calendar", items: CALENDAR },
];

export function LimitsForm({ value, onChange, errors = {} }: { value: Limits; onChange: (limits: Limits) => void; errors?: Errors }) {
  const rules = rulesOf(value);
  const put = (next: LimitRule[]) => onChange({ ...value, requests: [], concurrency: null, limits: next });
  const rule = (index: number, part: Partial<LimitRule>) => put(rules.map((one, at) => (at === index ? { ...one, ...part } : one)));
  const budget = (index: number, part: Partial<BudgetRule>) => onChange({ ...value, budgets: value.budgets.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  return (
    <div className="form">
      <fieldset>
        <legend>Limits</legend>
        <div className="stack-small">
          {rules.map((one, index) => {
            const error = (field: string) => errors[`limits/limits/${index}/${field}`] ?? errors[`limits/${index}/${field}`];
            return (
              <Row key={index} rest={one} change={(part) => rule(index, part)} noun="limit" isCalendar={one.period !== null} remove={() => put(rules.filter((_, at) => at !== index))} error={error("zone") ?? error("alert_percents") ?? error("models") ?? error("name")}>
                <Select className="grow" label="At most" allowDeselect={false} data={MEASURES.map(({ value: key, label }) => ({ value: key, label }))} value={one.measure} onChange={(measure) => rule(index, { ...asMeasure(one, measure as LimitRule["measure"]), name: "", id: "" })} error={error("measure")} />
                {one.measure === "cost" ? (
                  <TextInput className="grow" label="USD" inputMode="decimal" value={one.amount_usd ?? ""} onChange={(event) => rule(index, { amount_usd: dollars(event.currentTarget.value) })} error={error("amount_usd")} />
                ) : (
                  <NumberInput className="grow" label="Number" min={1} allowDecimal={false} thousandSeparator value={one.amount ?? 1} onChange={(amount) => rule(index, { amount: Number(amount) || 1 })} error={error("amount")} />
                )}
                {one.measure !== "concurrency" && <Select className="grow" label="Window" allowDeselect={false} data={windows(one.window_seconds)} value={windowKey(one)} onChange={(key) => rule(index, { ...fromKey(key!), name: "", id: "" })} error={error("window_seconds") ?? error("period")} />}
              </Row>
            );
          })}
          <div><Button variant="default" onClick={() => put([...rules, { ...NEW_RULE, window_seconds: rules.some((one) => one.measure === "requests" && one.window_seconds === 60) ? 3600 : 60 }])}>Add a limit</Button></div>
        </div>
      </fieldset>
      <fieldset>
        <legend>Budgets</legend>
        <div className="stack-small">
          {value.budgets.map((one, index) => {
            const error = (field: string) => errors[`limits/budgets/${index}/${field}`] ?? errors[`budgets/${index}/${field}`];
            const isMoney = one.limit_usd !== null;
            return (
              <Row key={index} rest={one} change={(part) => budget(index, part)} noun="budget" isCalendar={one.period !== null} remove={() => onChange({ ...value, budgets: value.budgets.filter((_, at) => at !== index) })} error={error("zone") ?? error("alert_percents") ?? error("models") ?? error("name")}>
                <Select className="grow" label="In" allowDeselect={false} data={[{ value: "usd", label: "US dollars" }, { value: "tokens", label: "Tokens" }]} value={isMoney ? "usd" : "tokens"} onChange={(unit) => budget(index, { limit_usd: unit === "usd" ? "10" : null, limit_tokens: unit === "usd" ? null : 1_000_000, name: "", id: "" })} />
                {isMoney ? (
                  <TextInput className="grow" label="At most, in USD" inputMode="decimal" value={one.limit_usd ?? ""} onChange={(event) => budget(index, { limit_usd: dollars(event.currentTarget.value) })} error={error("limit_usd")} />
                ) : (
                  <NumberInput className="grow" label="At most" min={0} allowDecimal={false} thousandSeparator value={one.limit_tokens ?? 0} onChange={(tokens) => budget(index, { limit_tokens: Number(tokens) || 0 })} error={error("limit_tokens")} />
                )}
                <Select className="grow" label="per" allowDeselect={false} data={windows(one.window_seconds)} value={windowKey(one)} onChange={(key) => budget(index, fromKey(key!))} error={error("period") ?? error("window_seconds")} />
              </Row>
            );
          })}
          <div><Button variant="default" onClick={() => onChange({ ...value, budgets: [...value.budgets, newBudget(value.budgets.some((one) => one.period === "month") ? "day" : "month")] })}>Add a budget</Button></div>
        </div>
      </fieldset>
    </div>
  );
}

/** One rule: its fields, and those that are seldom needed behind a button. */
function Row({ rest, change, remove, noun, isCalendar, error, children }: { rest: Rest; change: (part: Partial<Rest>) => void; remove: () => void; noun: string; isCalendar: boolean; error?: string; children: React.ReactNode }) {
  const isPlain = rest.zone === "UTC" && !rest.soft && !rest.models.length && rest.alert_percents.join() === PLAIN.alert_percents.join();
  const [isOpen, setOpen] = useState(!isPlain || Boolean(error));
  const known = useModels().data?.items ?? [];
  return (
    <div className="stack-small">
      <div className="form-row">
        {children}
        <span className="nowrap">
          <ActionIcon size={36} variant={isPlain ? "subtle" : "light"} aria-label={`More about this ${noun}`} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}><IconAdjustments size={16} /></ActionIcon>
          <ActionIcon size={36} aria-label={`Remove this ${noun}`} onClick={remove}><IconTrash size={16} /></ActionIcon>
        </span>
      </div>
      {isOpen && (
        <div className="note stack-small">
          <Switch label="Soft: counted and told of, never refused" checked={rest.soft} onChange={(event) => change({ soft: event.currentTarget.checked })} />
          <div className="form-row">
            <TagsInput className="grow" label="Tell at these percentages" data={[]} value={rest.alert_percents.map(String)} onChange={(texts) => change({ alert_percents: [...new Set(texts.map(Number).filter((one) => one >= 1 && one <= 1000))].sort((a, b) => a - b) })} />
            {isCalendar && <Select className="grow" label="Time zone" searchable limit={60} allowDeselect={false} data={ZONES} value={rest.zone} onChange={(zone) => change({ zone: zone ?? "UTC" })} />}
          </div>
          <TagsInput label="Only for these models" description="Names, or patterns with *; empty: every call" data={known.map((model) => model.name)} limit={40} value={rest.models} onChange={(names) => change({ models: names })} />
          {error && <p className="bad small" role="alert">{error}</p>}
        </div>
      )}
    </div>
  );
}

const NEW_RULE: LimitRule = { id: "", name: "", measure: "requests", amount: 60, amount_usd: null, window_seconds: 60, period: null, top_ups: [], ...PLAIN };
export const newBudget = (period: BudgetRule["period"], usd = "10"): BudgetRule => ({ id: "", name: "", limit_usd: usd, limit_tokens: null, period, window_seconds: 0, top_ups: [], ...PLAIN });
const dollars = (text: string) => text.replace(",", ".").trim();

/** All limits that are no budgets in the one form that can say all. */
function rulesOf(limits: Limits): LimitRule[] {
  return [
    ...limits.requests.map((rule) => ({ ...NEW_RULE, name: rule.name, amount: rule.requests, window_seconds: rule.window_seconds })),
    ...(limits.concurrency ? [{ ...NEW_RULE, name: "concurrency", measure: "concurrency" as const, amount: limits.concurrency.calls, window_seconds: 0 }] : []),
    ...limits.limits,
  ];
}

function asMeasure(rule: LimitRule, measure: LimitRule["measure"]): Partial<LimitRule> {
  const isMoney = measure === "cost";
  return {
    measure,
    amount: isMoney ? null : (rule.amount ?? 1000),
    amount_usd: isMoney ? (rule.amount_usd ?? "1") : null,
    ...(measure === "concurrency" ? { window_seconds: 0, period: null } : rule.measure === "concurrency" ? { window_seconds: 60 } : {}),
  };
}

/** Limits as the API takes them: a rule without a name is named after its window or period. A budget that had one keeps it through every edit, and so what it has spent. */
export function limitsInput(limits: Limits) {
  const named = <T extends { name: string; id: string; top_ups: unknown }>({ id: _id, top_ups: _tops, ...rule }: T) => ({ ...rule, name: rule.name || undefined });
  return {
    requests: limits.requests.map((rule) => ({ ...rule, name: rule.name || undefined })),
    concurrency: limits.concurrency,
    budgets: limits.budgets.map(named),
    limits: limits.limits.map(named),
    unbounded_output: limits.unbounded_output,
  };
}
