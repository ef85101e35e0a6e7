/** The forms of a rotation policy and of a rule of lifetimes. */
import { useState } from "react";
import { Button, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useWebhooks } from "../../api/notices";
import { createPolicy, setLifetimeRule, type LifetimeRuleInput, type RotationPolicyInput } from "../../api/token_life";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";
import { PickOwner } from "../../parts/pick";

const DAY = 86_400;
const SCOPES = [
  { value: "installation", label: "All tokens" },
  { value: "team", label: "A team’s applications" },
  { value: "application", label: "An application" },
  { value: "token", label: "One token" },
];
const WHICH = { team: "Team", application: "Application", token: "Token", role: "Role" };
const RULED = [
  { value: "installation", label: "All tokens" },
  { value: "team", label: "A team’s tokens" },
  { value: "role", label: "What people of a role issue" },
];

const DELIVERIES = [
  { value: "link", label: "An operator, on the token’s page or by a one-time link" },
  { value: "mail", label: "Whoever is written to: a one-time link by mail" },
  { value: "webhook", label: "A webhook, with a token that works once" },
];

export function PolicyForm({ close }: { close: () => void }) {
  const webhooks = useWebhooks().data?.items ?? [];
  const [name, setName] = useState("");
  const [scope, setScope] = useState<RotationPolicyInput["scope"]>("installation");
  const [scopeId, setScopeId] = useState("");
  const [every, setEvery] = useState<number | string>(90);
  const [overlap, setOverlap] = useState<number | string>(7);
  const [delivery, setDelivery] = useState<RotationPolicyInput["delivery"]>("link");
  const [webhook, setWebhook] = useState<string | null>(null);
  const [mailTo, setMailTo] = useState("");
  const { isBusy, problem, errors, send } = useSending(["rotation-policies"]);
  const save = () =>
    send(async () => {
      await createPolicy({
        name: name.trim(), scope, scope_id: scope === "installation" ? "" : scopeId.trim(), every_seconds: Number(every) * DAY, overlap_seconds: Number(overlap) * DAY,
        delivery, webhook_id: delivery === "webhook" ? webhook : null, mail_to: delivery === "mail" ? mailTo.trim() : "",
      });
      say(`${name.trim()} is on`);
      close();
    });
  return (
    <Modal opened onClose={close} title="Add a rotation policy" size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && <Trouble error={problem} />}
        <TextInput label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
        <Select label="Which tokens" data={SCOPES} value={scope} onChange={(value) => { setScope((value ?? "installation") as RotationPolicyInput["scope"]); setScopeId(""); }} allowDeselect={false} />
        {scope !== "installation" && <PickOwner key={scope} kind={scope} label={WHICH[scope]} value={scopeId || null} onChange={(id) => setScopeId(id ?? "")} error={errors.scope_id} />}
        <NumberInput label="Every" suffix=" days" min={1} max={3650} allowDecimal={false} value={every} onChange={setEvery} error={errors.every_seconds} />
        <NumberInput label="The old secret works beside the new one for" suffix=" days" min={0} max={3650} allowDecimal={false} value={overlap} onChange={setOverlap} error={errors.overlap_seconds} />
        <Select label="Who collects the new secret" data={DELIVERIES} value={delivery} onChange={(value) => setDelivery((value ?? "link") as RotationPolicyInput["delivery"])} allowDeselect={false} />
        {delivery === "webhook" && <Select label="Webhook" required placeholder="Choose one" data={webhooks.map((each) => ({ value: each.id, label: each.name }))} value={webhook} onChange={setWebhook} error={errors.webhook_id} />}
        {delivery === "mail" && <TextInput label="Address" description="Left empty, each token’s owner is written to" type="email" maxLength={254} value={mailTo} onChange={(event) => setMailTo(event.currentTarget.value)} error={errors.mail_to} autoComplete="off" />}
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim() || (scope !== "installation" && !scopeId) || (delivery === "webhook" && !webhook)}>Add</Button></div>
      </form>
    </Modal>
  );
}

export function RuleForm({ close }: { close: () => void }) {
  const [scope, setScope] = useState<LifetimeRuleInput["scope"]>("installation");
  const [scopeId, setScopeId] = useState("");
  const [usual, setUsual] = useState<number | string>("");
  const [longest, setLongest] = useState<number | string>("");
  const [idle, setIdle] = useState<number | string>("");
  const { isBusy, problem, errors, send } = useSending(["lifetime-rules"]);
  const seconds = (days: number | string) => (days === "" ? null : Number(days) * DAY);
  const save = () =>
    send(async () => {
      await setLifetimeRule({ scope, scope_id: scope === "installation" ? "" : scopeId.trim(), default_seconds: seconds(usual), max_seconds: seconds(longest), idle_seconds: seconds(idle) });
      say("The rule holds for what is issued or renewed from now on");
      close();
    });
  return (
    <Modal opened onClose={close} title="How long tokens live" size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && <Trouble error={problem} />}
        <Select label="For" data={RULED} value={scope} onChange={(value) => { setScope((value ?? "installation") as LifetimeRuleInput["scope"]); setScopeId(""); }} allowDeselect={false} data-autofocus />
        {scope !== "installation" && <PickOwner key={scope} kind={scope} label={WHICH[scope]} value={scopeId || null} onChange={(id) => setScopeId(id ?? "")} error={errors.scope_id} />}
        <NumberInput label="If nothing is said" suffix=" days" min={1} max={36_500} allowDecimal={false} value={usual} onChange={setUsual} error={errors.default_seconds} />
        <NumberInput label="At most" suffix=" days" min={1} max={36_500} allowDecimal={false} value={longest} onChange={setLongest} error={errors.max_seconds} />
        <NumberInput label="Ends when not used for" suffix=" days" min={1} max={36_500} allowDecimal={false} value={idle} onChange={setIdle} error={errors.idle_seconds} />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={(usual === "" && longest === "" && idle === "") || (scope !== "installation" && !scopeId)}>Set</Button></div>
      </form>
    </Modal>
  );
}
