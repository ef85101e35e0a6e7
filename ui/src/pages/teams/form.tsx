/** The name of a team, new or changed. */
import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { createTeam, renameTeam } from "../../api/people";
import type { Team } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";

export function TeamForm({ team, close, done }: { team?: Team; close: () => void; done?: (team: Team) => void }) {
  const [name, setName] = useState(team?.name ?? "");
  const { isBusy, problem, errors, send } = useSending(["teams", "team"]);
  const save = () =>
    send(async () => {
      const saved = team ? await renameTeam(team.id, name.trim()) : await createTeam(name.trim());
      say(team ? "Saved" : `${saved.name} created`);
      done?.(saved);
      close();
    });
  return (
    <Modal opened onClose={close} title={team ? `Rename ${team.name}` : "New team"}>
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !errors.name && <Trouble error={problem} />}
        <TextInput label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim()}>{team ? "Save" : "Create"}</Button></div>
      </form>
    </Modal>
  );
}
