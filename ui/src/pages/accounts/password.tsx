/** Changing one's password. */
import { useState } from "react";
import { Button, PasswordInput } from "@mantine/core";
import { changePassword } from "../../api/account";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Panel, Trouble } from "../../parts/page";

const PASSWORD_MIN = 12;

export function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { isBusy, problem, errors, send } = useSending(["account", "session"]);
  const save = async () => {
    const isDone = await send(() => changePassword(current, next));
    if (!isDone) return;
    setCurrent("");
    setNext("");
    say("The new password counts from now on; you are signed out everywhere else");
  };
  return (
    <Panel title="Password">
      <form className="form form-narrow" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !errors.current && !errors.new && <Trouble error={problem} />}
        <PasswordInput label="Current password" required value={current} onChange={(event) => setCurrent(event.currentTarget.value)} error={errors.current} autoComplete="current-password" />
        <PasswordInput label="New password" description="At least 12 characters. A few unrelated words are easier to remember than symbols." required minLength={PASSWORD_MIN} value={next} onChange={(event) => setNext(event.currentTarget.value)} error={errors.new} autoComplete="new-password" />
        <div className="row-end"><Button type="submit" variant="default" loading={isBusy} disabled={!current || next.length < PASSWORD_MIN}>Change the password</Button></div>
      </form>
    </Panel>
  );
}
