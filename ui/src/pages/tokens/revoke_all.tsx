/** Ending every token of a person, team, application or of the installation, also only those issued before an instant. */
import { useState } from "react";
import { Button, Checkbox, Modal, TextInput } from "@mantine/core";
import { revokeAll, type Whose } from "../../api/token_life";
import { say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { zoneName } from "../../format/time";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";

const WHOSE: Record<Whose["kind"], (name: string) => string> = {
  installation: () => "every token of this installation",
  team: (name) => `every token of the applications and service accounts of ${name}`,
  user: (name) => `every token of ${name}’s own`,
  application: (name) => `every token of ${name}`,
};

export function RevokeAll({ whose, name, close }: { whose: Whose; name: string; close: () => void }) {
  const [before, setBefore] = useState("");
  const [reason, setReason] = useState("");
  const [isCompromised, setCompromised] = useState(false);
  const [typed, setTyped] = useState("");
  const { isBusy, problem, errors, send } = useSending(["tokens", "token", "attention", "user", "application", "team", "service-accounts"]);
  const mustType = whose.kind === "installation" ? "revoke all" : name;
  const run = () =>
    send(async () => {
      const { revoked } = await revokeAll({ ...whose, issued_before: before ? new Date(before).toISOString() : null, reason: reason.trim(), is_compromised: isCompromised });
      say(revoked ? `${plural(revoked, "token")} revoked: their next call already knows` : "No token matched: nothing was changed");
      close();
    });
  return (
    <Modal opened onClose={close} title="Revoke all tokens" size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void run(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        <p className="soft">This ends {WHOSE[whose.kind](name)}{before ? " that was issued before then" : ""}, in every worker, with the next call. It cannot be undone.</p>
        <TextInput type="datetime-local" label={`Only those issued before (${zoneName()})`} description="Empty: all there are now. With an instant: what was issued since then, such as the replacements, stays" value={before} onChange={(event) => setBefore(event.currentTarget.value)} error={errors.issued_before} data-autofocus />
        <TextInput label="Why" description="Kept with each token and in the audit log" maxLength={2000} value={reason} onChange={(event) => setReason(event.currentTarget.value)} error={errors.reason} autoComplete="off" />
        <Checkbox label="Somebody else has them: end the calls they are making now as well" checked={isCompromised} onChange={(event) => setCompromised(event.currentTarget.checked)} />
        <TextInput label={<>Type <b>{mustType}</b> to confirm</>} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" color="red" loading={isBusy} disabled={typed.trim() !== mustType}>Revoke for ever</Button></div>
      </form>
    </Modal>
  );
}
