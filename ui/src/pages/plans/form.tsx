/** The form of a plan, for a new one and for changes. */
import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { changePlan, createPlan } from "../../api/limits";
import type { Tagged } from "../../api/client";
import type { Plan } from "../../api/types";
import { say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { useSending } from "../../parts/form";
import { NO_LIMITS } from "../../parts/limits";
import { limitsInput, LimitsForm } from "../../parts/limits_form";
import { Trouble } from "../../parts/page";

export function PlanForm({ plan, close, done }: { plan?: Tagged<Plan>; close: () => void; done?: (plan: Plan) => void }) {
  const [etag] = useState(plan?.etag);
  const [name, setName] = useState(plan?.name ?? "");
  const [description, setDescription] = useState(plan?.description ?? "");
  const [limits, setLimits] = useState(plan?.limits ?? NO_LIMITS);
  const { isBusy, problem, errors, send } = useSending(["plans", "plan", "budgets"]);
  const save = () =>
    send(async () => {
      const wish = { name: name.trim(), description: description.trim(), limits: limitsInput(limits) };
      const saved = plan ? await changePlan(plan.id, wish, etag) : await createPlan(wish);
      say(plan ? "Saved: the next call of everybody who has it already knows" : `${saved.name} created`);
      done?.(saved);
      close();
    });
  return (
    <Modal opened onClose={close} title={plan ? `Edit ${plan.name}` : "New plan"} size="xl">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        <TextInput label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
        <TextInput label="What it is for" maxLength={500} value={description} onChange={(event) => setDescription(event.currentTarget.value)} error={errors.description} autoComplete="off" />
        <p className="muted small">These count for each token or application that has the plan by itself.{plan && plan.tokens + plan.applications > 0 && ` ${plural(plan.tokens, "token")} and ${plural(plan.applications, "application")} have it now; nothing they used is lost.`}</p>
        <LimitsForm value={limits} onChange={setLimits} errors={errors} />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim()}>{plan ? "Save" : "Create"}</Button></div>
      </form>
    </Modal>
  );
}
