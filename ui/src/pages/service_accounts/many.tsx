/** What is done to several service accounts at once, from the list of them. */
import { useState, type ReactNode } from "react";
import { Button } from "@mantine/core";
import { useRoles, useUsers } from "../../api/people";
import { useRights } from "../../api/rights";
import { actOnAccounts, previewAccounts, type AccountsAct, type ServiceAccount } from "../../api/service_accounts";
import { plural } from "../../format/numbers";
import { ManyBar, ManyDialog, type Answer, type ManyAct } from "../../parts/many";
import { oneByOne } from "../accounts/many";

const NOUN = { one: "account", several: "accounts" };
const STALE = ["service-accounts", "service-account", "tokens"];

/** `known` are those of the list that were read so far: of others, only the ids are. */
export function ManyAccounts({ ids, known, clear, children }: { ids: string[]; known: ServiceAccount[]; clear: () => void; children?: ReactNode }) {
  const { may } = useRights();
  const roles = useRoles(may("roles.read") && ids.length > 0).data?.items ?? [];
  const people = (useUsers({ state: "active" }, 200, may("users.read") && ids.length > 0).data?.pages ?? []).flatMap((page) => page.items);
  const [act, setAct] = useState<ManyAct | null>(null);
  if (!ids.length) return null;
  const on = (kind: AccountsAct["kind"], more: Omit<ManyAct, "preview" | "run">): ManyAct => {
    const wish = (choice: string, some: string[]): AccountsAct => ({ kind, role: kind === "set_role" ? choice : null, owner_id: kind === "set_owner" ? choice : null, ids: some });
    const canGoBack = kind === "set_role" || kind === "set_owner";
    return {
      ...more,
      preview: (choice, some) => previewAccounts(wish(choice, some)),
      run: (choice, some) => actOnAccounts(wish(choice, some)),
      back: canGoBack ? (answer: Answer) => oneByOne(answer.undo as AccountsAct[], actOnAccounts) : undefined,
    };
  };
  const open = {
    role: () => setAct(on("set_role", { title: "Give a role", button: "Give the role", past: "given it", words: "It bounds what their tokens may manage, from the next request.", choices: { label: "Role", data: roles.map((one) => ({ value: one.id, label: one.name })) } })),
    owner: () => setAct(on("set_owner", { title: "Name who answers for them", button: "Name", past: "given to them", choices: { label: "Person", data: people.map((one) => ({ value: one.id, label: one.name })) } })),
    reactivate: () => setAct(on("reactivate", { title: "Reactivate", button: "Reactivate", past: "reactivated", words: "They may have tokens again. Those that ended stay revoked." })),
    deactivate: () => setAct(on("deactivate", { title: "Deactivate", button: "Deactivate", past: "deactivated", isDangerous: true, words: "Their tokens are revoked at once." })),
  };
  const states = new Map(known.map((account) => [account.id, account.state]));
  const has = (state: ServiceAccount["state"]) => ids.some((id) => (states.get(id) ?? state) === state);
  return (
    <>
      <ManyBar label="Acts on the selected service accounts" words={`${plural(ids.length, NOUN.one)} selected`} clear={clear}>
        {children}
        {roles.length > 0 && <Button variant="default" onClick={open.role}>Give a role…</Button>}
        {people.length > 0 && <Button variant="default" onClick={open.owner}>Name an owner…</Button>}
        <Button variant="default" disabled={!has("deactivated")} onClick={open.reactivate}>Reactivate…</Button>
        <Button variant="default" disabled={!has("active")} onClick={open.deactivate}>Deactivate…</Button>
      </ManyBar>
      {act && <ManyDialog act={act} ids={ids} noun={NOUN} stale={STALE} close={() => { setAct(null); clear(); }} />}
    </>
  );
}
