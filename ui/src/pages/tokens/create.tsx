/** Creating a token: template, owner and purpose, rights, limits and budget, expiry; then the secret, once. */
import { useRef, useState, type FormEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Button, MultiSelect, SegmentedControl, Select, Switch, TextInput } from "@mantine/core";
import { useApplications } from "../../api/applications";
import { newKey, Problem } from "../../api/client";
import { useRights } from "../../api/rights";
import { useServiceAccounts } from "../../api/service_accounts";
import { issueToken } from "../../api/tokens";
import { useModels, useServices } from "../../api/upstreams";
import type { Limits, TokenInput } from "../../api/types";
import { useQueryPart } from "../../frame/range";
import { date, DAY } from "../../format/time";
import { limitsInWords, NO_LIMITS, rightsInWords } from "../../parts/limits";
import { limitsInput, LimitsForm, newBudget } from "../../parts/limits_form";
import { Page, Panel, Trouble } from "../../parts/page";
import { Issued, type IssuedToken } from "./issued";
import { ScopesField, scopesInWords, type Scope } from "./scopes";

type Draft = { template: string; name: string; application: string | null; account: string | null; scopes: Scope[]; environment: "live" | "test"; allModels: boolean; models: string[]; allServices: boolean; services: string[]; limits: Limits; days: string; until: string; from: string; idleDays: string; mayRotate: boolean };
type Template = { key: string; title: string; words: string; draft: Partial<Draft> };

const perMinute = (requests: number) => ({ name: "", requests, window_seconds: 60 });
const perMonth = (usd: string) => newBudget("month", usd);
const TEMPLATES: Template[] = [
  { key: "production", title: "Production application", words: "600 calls a minute, $100 a month, 90 days", draft: { limits: { ...NO_LIMITS, requests: [perMinute(600)], budgets: [perMonth("100")] }, days: "90" } },
  { key: "person", title: "A person's own use", words: "60 calls a minute, $20 a month, 90 days", draft: { limits: { ...NO_LIMITS, requests: [perMinute(60)], concurrency: { calls: 4 }, budgets: [perMonth("20")] }, days: "90" } },
  { key: "test", title: "Test or demo", words: "20 calls a minute, $1 in all, 7 days", draft: { limits: { ...NO_LIMITS, requests: [perMinute(20)], budgets: [newBudget("total", "1")] }, days: "7", environment: "test" } },
  { key: "blank", title: "Blank", words: "No limit, everything allowed, 90 days", draft: { limits: NO_LIMITS, days: "90" } },
];
const STEPS = ["Template", "Owner and purpose", "Rights", "Limits and budget", "Expiry"];
const STEP_OF: [RegExp, number][] = [[/^(name|application_id|owner_id|environment)/, 1], [/^(models|services|scopes)/, 2], [/^limits/, 3], [/^(expires_at|not_before|idle_seconds|may_rotate)/, 4]];

export default function Create() {
  const [params] = useQueryPart();
  const [step, setStep] = useState(0);
  const [reached, setReached] = useState(0);
  const [draft, setDraft] = useState<Draft>({
    template: "", name: "", application: params.get("application"), account: params.get("account"), scopes: [], environment: "live", allModels: true, models: [], allServices: true, services: [], limits: NO_LIMITS, days: "90", until: "", from: "", idleDays: "", mayRotate: false,
  });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const key = useRef(newKey());
  const client = useQueryClient();
  const panel = useRef<HTMLFormElement>(null);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const go = (to: number) => {
    setStep(to);
    setReached((before) => Math.max(before, to));
    window.setTimeout(() => panel.current?.querySelector<HTMLElement>("input, [aria-pressed]")?.focus());
  };
  const create = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setIssued(await issueToken(asInput(draft), key.current));
      for (const name of ["tokens", "checklist", "attention"]) void client.invalidateQueries({ queryKey: [name] });
    } catch (error) {
      key.current = newKey();
      const refused = error instanceof Problem ? error : new Problem(0, "", "The token was not created", String(error));
      setProblem(refused);
      const place = Object.keys(refused.fields)[0];
      const where = place && STEP_OF.find(([pattern]) => pattern.test(place));
      if (where) setStep(where[1]);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (step === 1 && !draft.name.trim()) return;
    if (step < STEPS.length - 1) go(step + 1);
    else void create();
  };
  if (issued) return <Issued token={issued} />;
  const isLast = step === STEPS.length - 1;
  return (
    <Page narrow title="New token" crumb={{ label: "Tokens", href: "/tokens" }} lead="Five short steps. The secret is shown once, at the end.">
      {problem && <Trouble error={problem} />}
      <Panel flush>
        <div className="steps" role="group" aria-label="Steps">
          {STEPS.map((name, index) => <button key={name} type="button" disabled={index > reached} aria-current={index === step ? "step" : undefined} onClick={() => setStep(index)}>{name}</button>)}
        </div>
        <form ref={panel} className="form" style={{ padding: 16 }} onSubmit={submit}>
          {step === 0 && <Templates draft={draft} choose={(template) => { change({ environment: "live", ...template.draft, template: template.key }); go(1); }} />}
          {step === 1 && <Owner draft={draft} change={change} errors={problem?.fields ?? {}} />}
          {step === 2 && <Rights draft={draft} change={change} errors={problem?.fields ?? {}} />}
          {step === 3 && <LimitsForm value={draft.limits} onChange={(limits) => change({ limits })} errors={problem?.fields} />}
          {step === 4 && <Expiry draft={draft} change={change} errors={problem?.fields ?? {}} />}
          {isLast && <Review draft={draft} />}
          {step > 0 && (
            <div className="row-end">
              <Button variant="default" onClick={() => setStep(step - 1)}>Back</Button>
              <Button type="submit" loading={isBusy} disabled={!draft.name.trim()}>{isLast ? "Create token" : "Continue"}</Button>
            </div>
          )}
        </form>
      </Panel>
    </Page>
  );
}

type Part = { draft: Draft; change: (part: Partial<Draft>) => void; errors: Record<string, string> };

function Templates({ draft, choose }: { draft: Draft; choose: (template: Template) => void }) {
  return (
    <div className="choices" role="group" aria-label="Templates">
      {TEMPLATES.map((template) => (
        <button type="button" key={template.key} className="choice" aria-pressed={draft.template === template.key} onClick={() => choose(template)}>
          <b>{template.title}</b><span>{template.words}</span>
        </button>
      ))}
    </div>
  );
}

function Owner({ draft, change, errors }: Part) {
  const { may } = useRights();
  const applications = useApplications().data?.items ?? [];
  const accounts = (useServiceAccounts({ state: "active" }, 200, may("service_accounts.read") && may("tokens.write", "team")).data?.pages ?? []).flatMap((page) => page.items);
  return (
    <>
      <TextInput label="Name" description="What it is for, so that whoever sees it in the list knows: “shop production”" required maxLength={100} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} error={errors.name} autoComplete="off" />
      <Select label="Application" description="Its limits and budget then apply as well" clearable searchable placeholder="none" data={applications.map((item) => ({ value: item.id, label: item.name }))} value={draft.application} onChange={(application) => change({ application, account: application ? null : draft.account, scopes: application ? [] : draft.scopes })} error={errors.application_id} />
      {accounts.length > 0 && !draft.application && <Select label="Service account" description="Whose it is; without one, and without an application, it is yours" clearable searchable placeholder="none" data={accounts.map((item) => ({ value: item.id, label: `${item.name} (${item.team_name})` }))} value={draft.account} onChange={(account) => change({ account })} error={errors.owner_id} />}
      <div className="stack-small">
        <span className="form-label" id="environment-label">Environment</span>
        <div><SegmentedControl size="xs" aria-labelledby="environment-label" value={draft.environment} onChange={(environment) => change({ environment: environment as Draft["environment"] })} data={[{ value: "live", label: "Live" }, { value: "test", label: "Test" }]} /></div>
      </div>
    </>
  );
}

function Rights({ draft, change, errors }: Part) {
  const models = useModels().data?.items ?? [];
  const services = useServices().data?.items ?? [];
  return (
    <>
      <Switch label="All models, also ones added later" checked={draft.allModels} onChange={(event) => change({ allModels: event.currentTarget.checked })} />
      {!draft.allModels && <MultiSelect label="Models" placeholder="Choose models" searchable limit={60} data={models.map((model) => model.name)} value={draft.models} onChange={(names) => change({ models: names })} error={errors.models} />}
      <Switch label="All services, also ones added later" checked={draft.allServices} onChange={(event) => change({ allServices: event.currentTarget.checked })} />
      {!draft.allServices && <MultiSelect label="Services" placeholder={services.length ? "Choose services" : "There is no service yet"} searchable data={services.map((service) => ({ value: service.id, label: service.name }))} value={draft.services} onChange={(ids) => change({ services: ids })} error={errors.services} />}
      {!draft.application && <ScopesField value={draft.scopes} onChange={(scopes) => change({ scopes })} error={Object.entries(errors).find(([place]) => place.startsWith("scopes"))?.[1]} />}
    </>
  );
}

function Expiry({ draft, change, errors }: Part) {
  return (
    <>
      <div className="stack-small">
        <span className="form-label" id="expiry-label">Expires after</span>
        <div>
          <SegmentedControl size="xs" aria-labelledby="expiry-label" value={draft.days} onChange={(days) => change({ days })} data={[{ value: "7", label: "7 days" }, { value: "30", label: "30 days" }, { value: "90", label: "90 days" }, { value: "365", label: "1 year" }, { value: "date", label: "Date" }, { value: "never", label: "Never" }]} />
        </div>
        {draft.days === "never" && <p className="muted">A token that never expires is found by whoever finds it. Prefer a date, and extend it when the time comes.</p>}
        {errors.expires_at && <p style={{ color: "var(--bad)" }}>{errors.expires_at}</p>}
      </div>
      {draft.days === "date" && <TextInput type="datetime-local" label="Expires at" value={draft.until} onChange={(event) => change({ until: event.currentTarget.value })} required />}
      <div className="form-grid" style={{ alignItems: "start" }}>
        <TextInput type="datetime-local" label="Valid from" description="Empty: at once" value={draft.from} onChange={(event) => change({ from: event.currentTarget.value })} error={errors.not_before} />
        <TextInput label="Idle expiry, days" inputMode="numeric" pattern="[0-9]{0,4}" description="Put to sleep when unused for so long; empty: never" value={draft.idleDays} onChange={(event) => change({ idleDays: event.currentTarget.value.replace(/[^0-9]/g, "") })} error={errors.idle_seconds} />
      </div>
      <Switch label="May rotate its own secret" checked={draft.mayRotate} onChange={(event) => change({ mayRotate: event.currentTarget.checked })} />
    </>
  );
}

function Review({ draft }: { draft: Draft }) {
  const until = expiresAt(draft);
  return (
    <dl className="facts note" style={{ display: "grid" }}>
      <dt>Name</dt><dd>{draft.name}</dd>
      <dt>May use</dt><dd>{rightsInWords(draft.allModels ? null : draft.models, "model")}; {rightsInWords(draft.allServices ? null : draft.services, "service")}</dd>
      {draft.scopes.length > 0 && <><dt>May manage</dt><dd>{scopesInWords(draft.scopes)}</dd></>}
      <dt>Limits</dt><dd>{limitsInWords(draft.limits)}</dd>
      {draft.from && <><dt>Valid from</dt><dd>{date(new Date(draft.from).toISOString())}</dd></>}
      <dt>Expires</dt><dd>{until ? date(until) : "never"}{draft.idleDays && `; asleep after ${draft.idleDays} days without use`}</dd>
      {draft.mayRotate && <><dt>Rotation</dt><dd>by itself as well</dd></>}
    </dl>
  );
}

function expiresAt(draft: Draft): string | null {
  if (draft.days === "never") return null;
  if (draft.days === "date") return draft.until ? new Date(draft.until).toISOString() : null;
  return new Date(Date.now() + Number(draft.days) * DAY).toISOString();
}

function asInput(draft: Draft): TokenInput {
  return {
    name: draft.name.trim(),
    application_id: draft.application,
    models: draft.allModels ? null : draft.models,
    services: draft.allServices ? null : draft.services,
    expires_at: expiresAt(draft),
    limits: limitsInput(draft.limits),
    environment: draft.environment,
    owner_id: draft.account,
    scopes: draft.scopes,
    not_before: draft.from ? new Date(draft.from).toISOString() : null,
    idle_seconds: Number(draft.idleDays) ? (Number(draft.idleDays) * DAY) / 1000 : null,
    may_rotate: draft.mayRotate,
  };
}
