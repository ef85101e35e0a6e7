/** What is done to several people at once, from the list of them. */
import { useState, type ReactNode } from "react";
import { Button } from "@mantine/core";
import { useTeams } from "../../api/applications";
import { actOnMembers, actOnPeople, previewMembers, previewPeople, useRoles } from "../../api/people";
import { useRights } from "../../api/rights";
import type { MembersAct, PeopleAct, Person } from "../../api/types";
import { plural } from "../../format/numbers";
import { ManyBar, ManyDialog, type Answer, type ManyAct } from "../../parts/many";

const NOUN = { one: "person", several: "people" };
const STALE = ["users", "user", "team", "roles", "tokens"];

/** `known` are those of the list that were read so far: of others, only the ids are. */
export function ManyPeople({ ids, known, clear, children }: { ids: string[]; known: Person[]; clear: () => void; children?: ReactNode }) {
  const { may } = useRights();
  const roles = useRoles(may("roles.read") && may("users.write") && ids.length > 0).data?.items ?? [];
  const teams = useTeams(may("members.write") && ids.length > 0).data?.items ?? [];
  const [act, setAct] = useState<ManyAct | null>(null);
  if (!ids.length) return null;
  const onPeople = (kind: PeopleAct["kind"], more: Omit<ManyAct, "preview" | "run">): ManyAct => ({
    ...more,
    preview: (role, some) => previewPeople({ kind, role: role || null, ids: some }),
    run: (role, some) => actOnPeople({ kind, role: role || null, ids: some }),
    back: kind === "set_role" ? (answer: Answer) => oneByOne(answer.undo as PeopleAct[], actOnPeople) : undefined,
  });
  const onMembers = (kind: MembersAct["kind"], more: Omit<ManyAct, "preview" | "run" | "back">): ManyAct => {
    let team = "";
    return {
      ...more,
      choices: { label: "Team", data: teams.map((one) => ({ value: one.id, label: one.name })) },
      preview: (id, some) => previewMembers(id, { kind, ids: some }),
      run: (id, some) => actOnMembers((team = id), { kind, ids: some }),
      back: (answer: Answer) => oneByOne(answer.undo as MembersAct[], (back) => actOnMembers(team, back)),
    };
  };
  const open = {
    role: () => setAct(onPeople("set_role", { title: "Give a role", button: "Give the role", past: "given it", words: "It counts from their next request.", choices: { label: "Role", data: roles.map((one) => ({ value: one.id, label: one.name })) } })),
    invite: () => setAct(onPeople("invite_again", { title: "Invite again", button: "Invite", past: "invited again", words: "Each gets a new link, by mail where they have an address and mail is set up; the links before stop working." })),
    reactivate: () => setAct(onPeople("reactivate", { title: "Reactivate", button: "Reactivate", past: "reactivated", words: "They may sign in again. Tokens that ended stay revoked." })),
    deactivate: () => setAct(onPeople("deactivate", { title: "Deactivate", button: "Deactivate", past: "deactivated", isDangerous: true, words: "Their sessions and tokens of their own end at once. Hand tokens over first if something still runs on them." })),
    join: () => setAct(onMembers("join", { title: "Add to a team", button: "Add", past: "added" })),
    leave: () => setAct(onMembers("leave", { title: "Take out of a team", button: "Take out", past: "taken out", words: "At their next request they see nothing of it any more." })),
  };
  const states = new Map(known.map((person) => [person.id, person.state]));
  const has = (state: Person["state"]) => ids.some((id) => (states.get(id) ?? state) === state);
  return (
    <>
      <ManyBar label="Acts on the selected people" words={`${plural(ids.length, NOUN.one, NOUN.several)} selected`} clear={clear}>
        {children}
        {may("users.write") && roles.length > 0 && <Button variant="default" onClick={open.role}>Give a role…</Button>}
        {may("members.write") && <Button variant="default" onClick={open.join}>Add to a team…</Button>}
        {may("members.write") && <Button variant="default" onClick={open.leave}>Take out of a team…</Button>}
        {may("users.write") && <Button variant="default" disabled={!has("invited")} onClick={open.invite}>Invite again…</Button>}
        {may("users.write") && <Button variant="default" disabled={!has("deactivated")} onClick={open.reactivate}>Reactivate…</Button>}
        {may("users.write") && <Button variant="default" disabled={!has("active") && !has("invited")} onClick={open.deactivate}>Deactivate…</Button>}
      </ManyBar>
      {act && <ManyDialog act={act} ids={ids} noun={NOUN} stale={STALE} close={() => { setAct(null); clear(); }} />}
    </>
  );
}

/** Ask for one after the other: the first may ask for a proof of who one is, which then counts for the rest. */
export async function oneByOne<Act>(acts: Act[], ask: (act: Act) => Promise<unknown>): Promise<void> {
  for (const act of acts) await ask(act);
}
