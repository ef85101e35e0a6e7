/** Asks for a proof of who one is, by a second factor or the password, when the console wants one before an act. */
import { useState } from "react";
import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { confirmBy, confirmByPasskey, readSession } from "../api/account";
import { hasPasskeys } from "../api/passkeys";
import { settle } from "../api/step_up";
import { useSending } from "../parts/form";
import { Loaded, Trouble } from "../parts/page";

export default function StepUp() {
  const session = useQuery({ queryKey: ["confirm"], queryFn: readSession, staleTime: 0, gcTime: 0 });
  return (
    // Often above another dialog; a second header element would be a second banner of the page.
    <Modal.Root opened onClose={() => settle(false)} size="md" centered lockScroll={false}>
      <Modal.Overlay backgroundOpacity={0.4} />
      <Modal.Content>
        <Modal.Body>
          <Modal.Title className="step-up-title">Confirm that it is you</Modal.Title>
          <p className="soft step-up-lead">This needs a proof, given lately, of who you are. It counts for some minutes.</p>
          <Loaded query={session} rows={2}>{({ confirm_by }) => <Proofs by={confirm_by} />}</Loaded>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Proofs({ by }: { by: string[] }) {
  const client = useQueryClient();
  const [text, setText] = useState("");
  const { isBusy, problem, errors, send } = useSending(["session", "account"]);
  const isByPassword = by.includes("password");
  const isByCode = by.includes("totp") || by.includes("recovery");
  const isByPasskey = by.includes("passkey") && hasPasskeys();
  const run = async (act: () => Promise<unknown>) => {
    if (!(await send(act))) return;
    void client.removeQueries({ queryKey: ["confirm"] });
    settle(true);
  };
  const fault = errors.password ?? errors.code ?? errors.passkey;
  const shared = { value: text, onChange: (event: { currentTarget: HTMLInputElement }) => setText(event.currentTarget.value), error: fault, required: true, "data-autofocus": true };
  return (
    <form className="form" onSubmit={(event) => { event.preventDefault(); void run(() => confirmBy(isByPassword ? { password: text } : { code: text.replace(/^(\d{3}) (\d{3})$/, "$1$2") })); }}>
      {problem && !fault && <Trouble error={problem} />}
      {isByPasskey && <Button variant={isByCode ? "default" : "filled"} loading={isBusy} onClick={() => void run(confirmByPasskey)}>Use a passkey</Button>}
      {isByPassword && <PasswordInput label="Your password" autoComplete="current-password" {...shared} />}
      {!isByPassword && isByCode && <TextInput label={by.includes("totp") ? "Code of your authenticator app" : "Recovery code"} description={by.includes("recovery") && by.includes("totp") ? "Six digits, or one of your recovery codes." : undefined} autoComplete="one-time-code" spellCheck={false} {...shared} />}
      <div className="row-end">
        <Button variant="default" onClick={() => settle(false)}>Cancel</Button>
        {(isByPassword || isByCode) && <Button type="submit" loading={isBusy} disabled={!text}>Confirm</Button>}
      </div>
    </form>
  );
}
