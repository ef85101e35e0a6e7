/** Roles as one matrix: permissions down, roles across, and in each cell how far it reaches. */
import { Fragment, useState } from "react";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { deleteRole, usePermissions, useRoles } from "../../api/people";
import { useRights } from "../../api/rights";
import type { PermissionInfo, Role } from "../../api/types";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { Loaded, Page, Panel } from "../../parts/page";
import { RoleForm } from "./form";

const WORDS = { own: "own", team: "their teams", all: "all" } as const;

export default function Roles() {
  const roles = useRoles();
  const permissions = usePermissions();
  const client = useQueryClient();
  const { may } = useRights();
  const [editing, setEditing] = useState<Role | "new" | null>(null);
  const [deleting, setDeleting] = useState<Role | null>(null);
  const remove = (role: Role) => deleteRole(role.id).then(() => { say(`${role.name} deleted`); void client.invalidateQueries({ queryKey: ["roles"] }); }, complain);
  return (
    <Page title="Roles" lead="What each role permits, and over which rows: one's own, those of one's teams, or all. Nobody can give a role that permits more than they may do themselves." acts={may("roles.write") && <Button onClick={() => setEditing("new")}>New role</Button>}>
      <Panel flush>
        <Loaded query={roles} rows={12}>
          {({ items }) => <Loaded query={permissions} rows={12}>{(found) => <Matrix roles={items} permissions={found.items} />}</Loaded>}
        </Loaded>
      </Panel>
      {roles.data && (
        <Panel title="Custom roles" note="Built-in roles stay as they are. A role of your own can be narrower, or mixed differently.">
          {roles.data.items.some((role) => !role.is_built_in) ? (
            <ul className="stack-small">
              {roles.data.items.filter((role) => !role.is_built_in).map((role) => (
                <li key={role.id} className="row-wrap">
                  <span className="grow"><b>{role.name}</b> <span className="muted">{role.description || "no description"} · {plural(role.holders, "person", "people")}</span></span>
                  {may("roles.write") && (
                    <>
                      <Button variant="default" size="compact-sm" onClick={() => setEditing(role)} aria-label={`Edit ${role.name}`}>Edit</Button>
                      <Button variant="default" size="compact-sm" disabled={role.holders > 0} title={role.holders ? "Somebody holds it" : undefined} onClick={() => setDeleting(role)} aria-label={`Delete ${role.name}`}>Delete…</Button>
                    </>
                  )}
                </li>
              ))}
            </ul>
          ) : (
            <p className="muted">None yet.</p>
          )}
        </Panel>
      )}
      {editing && permissions.data && <RoleForm role={editing === "new" ? undefined : editing} permissions={permissions.data.items} close={() => setEditing(null)} />}
      {deleting && <Confirm title="Delete this role" act="Delete" close={() => setDeleting(null)} run={() => remove(deleting)}>{deleting.name} is held by nobody. Deleting it cannot be undone.</Confirm>}
    </Page>
  );
}

function Matrix({ roles, permissions }: { roles: Role[]; permissions: PermissionInfo[] }) {
  const areas = [...new Set(permissions.map((one) => one.area))];
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="What roles permit">
      <table className="table matrix">
        <thead>
          <tr>
            <th scope="col">Permission</th>
            {roles.map((role) => (
              <th key={role.id} scope="col" title={role.description}>
                {role.name}<br /><Link className="small muted" href={`/people?role=${role.id}`}>{plural(role.holders, "person", "people")}</Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {areas.map((area) => (
            <Fragment key={area}>
              <tr className="matrix-area"><th scope="colgroup" colSpan={roles.length + 1}>{area}</th></tr>
              {permissions.filter((one) => one.area === area).map((permission) => (
                <tr key={permission.name}>
                  <th scope="row">{permission.meaning}<br /><span className="mono muted">{permission.name}</span></th>
                  {roles.map((role) => {
                    const reach = role.rights.find((right) => right.permission === permission.name)?.reach;
                    return <td key={role.id}>{reach ? <span className={reach === "all" ? "tag tag-accent" : "tag"}>{WORDS[reach]}</span> : <span className="muted" aria-label="no">–</span>}</td>;
                  })}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}
