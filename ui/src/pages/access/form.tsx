/** The form of a custom role: a reach for each permission. */
import { Fragment, useState } from "react";
import { Button, Modal, Select, TextInput } from "@mantine/core";
import { changeRole, createRole } from "../../api/people";
import { useRights, type Permission, type Reach } from "../../api/rights";
import type { PermissionInfo, Role } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";

const WORDS: Record<Reach, string> = { own: "Own", team: "Their teams", all: "All" };

export function RoleForm({ role, permissions, close }: { role?: Role; permissions: PermissionInfo[]; close: () => void }) {
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [rights, setRights] = useState<Partial<Record<Permission, Reach>>>(() => Object.fromEntries((role?.rights ?? []).map((right) => [right.permission, right.reach])));
  const { isBusy, problem, errors, send } = useSending(["roles", "users", "user", "session"]);
  const { may } = useRights();
  const choices = permissions.filter((one) => one.name !== "account.use");
  const save = () =>
    send(async () => {
      const wish = { name: name.trim(), description: description.trim(), rights: Object.entries(rights).map(([permission, reach]) => ({ permission: permission as Permission, reach: reach as Reach })) };
      const saved = role ? await changeRole(role.id, wish) : await createRole(wish);
      say(role ? "Saved" : `${saved.name} created`);
      close();
    });
  const set = (permission: Permission, reach: string | null) => {
    const next = { ...rights };
    if (reach) next[permission] = reach as Reach;
    else delete next[permission];
    setRights(next);
  };
  return (
    <Modal opened onClose={close} title={role ? `Edit ${role.name}` : "New role"} size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && <Trouble error={problem} />}
        <TextInput label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
        <TextInput label="What it is for" maxLength={200} value={description} onChange={(event) => setDescription(event.currentTarget.value)} error={errors.description} autoComplete="off" />
        <div className="rights">
          {choices.map((one, index) => (
            <Fragment key={one.name}>
              {choices[index - 1]?.area !== one.area && <h3>{one.area}</h3>}
              <span>{one.meaning}</span>
              <Select size="xs" aria-label={one.meaning} placeholder="No" clearable data={one.reaches.filter((reach) => may(one.name, reach)).map((reach) => ({ value: reach, label: WORDS[reach] }))} value={rights[one.name] ?? null} onChange={(reach) => set(one.name, reach)} />
            </Fragment>
          ))}
        </div>
        <p className="muted small">Only what you may do yourself can be chosen. Changes count from the next request of everybody who has the role.</p>
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim()}>{role ? "Save" : "Create"}</Button></div>
      </form>
    </Modal>
  );
}
