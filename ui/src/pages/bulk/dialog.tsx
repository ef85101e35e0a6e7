/** One act on every token that matches a filter: what, how many and which, progress, and undo. */
import { useState } from "react";
import { Button, Modal, Progress, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { cancelJob, previewJob, startJob, undoJob, useJob, usePlans } from "../../api/limits";
import { useTeams } from "../../api/applications";
import type { TokenJobInput } from "../../api/types";
import { complain } from "../../frame/toasts";
import { exact, plural } from "../../format/numbers";
import { DAY } from "../../format/time";
import { useSending } from "../../parts/form";
import { NO_LIMITS } from "../../parts/limits";
import { limitsInput, LimitsForm } from "../../parts/limits_form";
import { Loading, Trouble } from "../../parts/page";

type Filter = TokenJobInput["filter"];
type Act = TokenJobInput["act"];

type Kind = Act["kind"] | "take_plan";

const KINDS: { value: Kind; label: string }[] = [
  { value: "set_plan", label: "Give a plan" }, { value: "take_plan", label: "Take their plan away" }, { value: "set_limits", label: "Give limits of their own" }, { value: "disable", label: "Disable" },
  { value: "enable", label: "Enable" }, { value: "extend", label: "Set when they expire" }, { value: "revoke", label: "Revoke for ever" },
];
const STATES = ["active", "disabled", "expired"];

export function BulkDialog({ filter: given, act: wished, close }: { filter: Filter; act?: Partial<Act>; close: () => void }) {
  const [filter, setFilter] = useState<Filter>(given);
  const [kind, setKind] = useState<Kind>(wished?.kind ?? "set_plan");
  const [plan, setPlan] = useState<string | null>(wished?.plan_id ?? null);
  const [limits, setLimits] = useState(NO_LIMITS);
  const [days, setDays] = useState("90");
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [jobId, setJobId] = useState<string | null>(null);
  const plans = usePlans().data?.items ?? [];
  const teams = useTeams().data?.items ?? [];
  const { isBusy, problem, errors, send } = useSending([]);
  const isEvery = !Object.values(filter).some(Boolean);
  const act: Act = {
    kind: kind === "take_plan" ? "set_plan" : kind,
    ...(kind === "set_plan" ? { plan_id: plan } : {}),
    ...(kind === "set_limits" ? { limits: limitsInput(limits) } : {}),
    ...(kind === "extend" ? { expires_at: days === "never" ? null : new Date(Date.now() + Number(days) * DAY).toISOString() } : {}),
    ...(kind === "revoke" ? { reason } : {}),
  };
  const preview = useQuery({ queryKey: ["token-jobs", "preview", filter], queryFn: () => previewJob({ filter: { ...filter, everything: isEvery }, act: { kind: "disable" } }), enabled: jobId === null });
  const start = () => send(async () => setJobId((await startJob({ filter: { ...filter, everything: isEvery }, act })).id));
  const total = preview.data?.total ?? 0;
  const mustType = kind === "revoke" ? `revoke ${total}` : "";
  if (jobId) return <JobDialog id={jobId} follow={setJobId} close={close} />;
  return (
    <Modal opened onClose={close} title="Change many tokens" size="xl">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void start(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        {errors.filter && <p className="bad small" role="alert">{errors.filter}</p>}
        <fieldset>
          <legend>Which tokens</legend>
          <div className="form-row">
            <Select className="grow" label="State" placeholder="Any" clearable data={STATES} value={filter.state ?? null} onChange={(state) => setFilter({ ...filter, state: (state ?? undefined) as Filter["state"] })} />
            <Select className="grow" label="Team" placeholder="Any" clearable searchable data={teams.map((team) => ({ value: team.id, label: team.name }))} value={filter.team_id ?? null} onChange={(team) => setFilter({ ...filter, team_id: team ?? undefined })} />
            <Select className="grow" label="Have the plan" placeholder="Any" clearable data={plans.map((one) => ({ value: one.id, label: one.name }))} value={filter.plan_id ?? null} onChange={(one) => setFilter({ ...filter, plan_id: one ?? undefined })} />
            <TextInput className="grow" label="Name begins with" value={filter.search ?? ""} onChange={(event) => setFilter({ ...filter, search: event.currentTarget.value || undefined })} autoComplete="off" />
          </div>
          {preview.error ? <Trouble error={preview.error} /> : !preview.data ? <Loading rows={2} /> : (
            <div className="note" role="status"><span><strong>{plural(total, "token")}</strong> {total === 1 ? "matches" : "match"}{isEvery && ": every token that is not revoked"}{preview.data.sample.length > 0 && <>, such as {preview.data.sample.slice(0, 5).map((token) => token.name).join(", ")}</>}.{filter.application_id && " Only those of the application that the list is filtered by."}</span></div>
          )}
        </fieldset>
        <fieldset>
          <legend>What</legend>
          <div className="stack-small">
            <Select aria-label="What" allowDeselect={false} data={KINDS} value={kind} onChange={(next) => setKind(next as Kind)} />
            {kind === "set_plan" && <Select label="Plan" placeholder="Choose one" data={plans.map((one) => ({ value: one.id, label: one.name }))} value={plan} onChange={setPlan} error={errors["act/plan_id"]} />}
            {kind === "extend" && <Select label="They expire" allowDeselect={false} data={[{ value: "30", label: "30 days from now" }, { value: "90", label: "90 days from now" }, { value: "365", label: "1 year from now" }, { value: "never", label: "never" }]} value={days} onChange={(next) => setDays(next!)} error={errors["act/expires_at"]} />}
            {kind === "revoke" && <TextInput label="Why" value={reason} onChange={(event) => setReason(event.currentTarget.value)} error={errors["act/reason"]} autoComplete="off" />}
          </div>
        </fieldset>
        {kind === "set_limits" && <LimitsForm value={limits} onChange={setLimits} errors={underAct(errors)} />}
        {mustType && <TextInput label={<>Type <b>{mustType}</b>: what is revoked cannot be brought back</>} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" />}
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" color={kind === "revoke" ? "red" : undefined} loading={isBusy} disabled={!total || (kind === "set_plan" && !plan) || (mustType !== "" && typed !== mustType)}>{`Change ${plural(total, "token")}`}</Button></div>
      </form>
    </Modal>
  );
}

/** Faults of an act's limits, under the names that the form of limits knows. */
const underAct = (errors: Record<string, string>) => Object.fromEntries(Object.entries(errors).map(([path, message]) => [path.replace(/^act\//, ""), message]));

function JobDialog({ id, follow, close }: { id: string; follow: (id: string) => void; close: () => void }) {
  const client = useQueryClient();
  const job = useJob(id).data;
  const done = () => {
    for (const key of ["tokens", "token", "plans", "plan", "budgets", "token-jobs"]) void client.invalidateQueries({ queryKey: [key] });
    close();
  };
  const isRunning = !job || job.state === "running";
  const share = job && job.total ? (100 * job.looked_at) / job.total : isRunning ? 0 : 100;
  return (
    <Modal opened onClose={done} title={job?.undoes ? "Taking it back" : "Change many tokens"}>
      <div className="stack">
        <Progress value={Math.min(100, share)} animated={isRunning} aria-label="Progress" />
        <p role="status">{!job ? "Beginning…" : isRunning ? `${exact(job.looked_at)} of ${plural(job.total, "token")} are past, ${exact(job.changed)} changed. It goes on when you leave this page.` : `${plural(job.changed, "token")} of ${exact(job.total)} changed${job.state === "cancelled" ? "; cancelled" : ""}. The next call of each already knows.`}</p>
        <div className="row-end">
          {isRunning && job && <Button variant="default" onClick={() => void cancelJob(id).catch(complain)}>Cancel</Button>}
          {job?.can_undo && <Button variant="default" onClick={() => void undoJob(id).then((undo) => follow(undo.id), complain)}>Undo</Button>}
          <Button onClick={done}>{isRunning ? "Leave it running" : "Done"}</Button>
        </div>
      </div>
    </Modal>
  );
}
