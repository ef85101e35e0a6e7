/** The form of an application, for a new one and for changes. */
import { useState } from "react";
import { Button, Modal, Select, TextInput } from "@mantine/core";
import { changeApplication, createApplication, useTeams } from "../../api/applications";
import { usePlans } from "../../api/limits";
import type { Tagged } from "../../api/client";
import type { Application } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { NO_LIMITS } from "../../parts/limits";
import { LimitsForm, limitsInput } from "../../parts/limits_form";
import { Trouble } from "../../parts/page";

export function ApplicationForm({ application, close, done }: { application?: Tagged<Application>; close: () => void; done: (application: Application) => void }) {
  const teams = useTeams().data?.items ?? [];
  const [etag] = useState(application?.etag);
  const [name, setName] = useState(application?.name ?? "");
  const [team, setTeam] = useState(application?.team_id ?? null);
  const [limits, setLimits] = useState(application?.limits ?? NO_LIMITS);
  const [plan, setPlan] = useState(application?.plan_id ?? null);
  const plans = usePlans().data?.items ?? [];
  const { isBusy, problem, errors, send } = useSending(["applications", "application"]);
  const save = () =>
    send(async () => {
      const wish = { name: name.trim(), limits: limitsInput(limits), plan_id: plan, ...(team ? { team_id: team } : {}) };
      const saved = application ? await changeApplication(application.id, wish, etag) : await createApplication(wish);
      say(application ? "Saved" : `${saved.name} created`);
      done(saved);
      close();
    });
  return (
    <Modal opened onClose={close} title={application ? `Edit ${application.name}` : "New application"} size="xl">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        <TextInput label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
        {teams.length > 1 && <Select label="Team" data={teams.map((entry) => ({ value: entry.id, label: entry.name }))} value={team ?? teams.find((entry) => entry.is_default)?.id ?? null} onChange={setTeam} allowDeselect={false} error={errors.team_id} />}
        {plans.length > 0 && <Select label="Plan" placeholder="none" clearable data={plans.map((entry) => ({ value: entry.id, label: entry.name }))} value={plan} onChange={setPlan} error={errors.plan_id} />}
        <p className="muted small">Limits and budgets here are shared by all tokens of the application.</p>
        <LimitsForm value={limits} onChange={setLimits} errors={errors} />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim()}>{application ? "Save" : "Create"}</Button></div>
      </form>
    </Modal>
  );
}
