/** Inviting somebody: name, role, teams; and then the link, once. */
import { useState } from "react";
import { Button, Modal, MultiSelect, Select, TextInput } from "@mantine/core";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import { useTeams } from "../../api/applications";
import { inviteUser, useRoles } from "../../api/people";
import type { Link } from "../../api/types";
import { instant } from "../../format/time";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";
import { Copy } from "../../parts/words";

export function Invite({ close }: { close: () => void }) {
  const roles = useRoles().data?.items ?? [];
  const teams = useTeams().data?.items ?? [];
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("developer");
  const [chosen, setChosen] = useState<string[]>([]);
  const [link, setLink] = useState<Link | null>(null);
  const { isBusy, problem, errors, send } = useSending(["users", "roles", "team"]);
  const save = () => send(async () => setLink((await inviteUser({ name: name.trim(), role, team_ids: chosen, email: email.trim() || null })).link));
  return (
    <Modal opened onClose={close} title={link ? `${name.trim()} is invited` : "Invite a person"} size="lg">
      {link ? (
        <OneTimeLink link={link} close={close} />
      ) : (
        <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
          {problem && !Object.keys(errors).length && <Trouble error={problem} />}
          <TextInput label="Name" description="What they will sign in with." required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
          <TextInput label="E-mail" type="email" description="Where their letters go; with mail set up the link is sent there. Empty: you hand it to them" maxLength={254} value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={errors.email} autoComplete="off" />
          <Select label="Role" data={roles.map((one) => ({ value: one.id, label: one.name }))} value={role} onChange={(value) => value && setRole(value)} allowDeselect={false} error={errors.role} description={roles.find((one) => one.id === role)?.description} />
          <MultiSelect label="Teams" description="What their role reaches, it reaches in these." data={teams.map((team) => ({ value: team.id, label: team.name }))} value={chosen} onChange={setChosen} searchable error={errors.team_ids} />
          <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim()}>Invite</Button></div>
        </form>
      )}
    </Modal>
  );
}

export function OneTimeLink({ link, close }: { link: Link; close: () => void }) {
  if (!link.url)
    return (
      <div className="form">
        <p className="soft">A letter with the link is on its way to <strong>{link.mailed_to}</strong>. It works once, until {instant(link.expires_at)}, and lets them choose {link.purpose === "invite" ? "their password" : "a new password, which ends their other sessions"}.</p>
        <div className="row-end"><Button onClick={close} data-autofocus>Done</Button></div>
      </div>
    );
  return (
    <div className="form">
      {link.mail_problem && <div className="note note-warn">It could not be mailed: {link.mail_problem}</div>}
      <p className="soft">Hand this link to them over a channel you trust. It works once, until {instant(link.expires_at)}, and lets them choose {link.purpose === "invite" ? "their password" : "a new password, which ends their other sessions"}.</p>
      <div className="secret"><code>{link.url}</code><Copy text={link.url} label="Copy the link" /></div>
      <p className="row soft"><IconAlertTriangle size={16} color="var(--warn)" /> It is shown now and never again. A new one can be made at any time; it replaces this one.</p>
      <div className="row-end"><Button onClick={close} data-autofocus>Done</Button></div>
    </div>
  );
}
