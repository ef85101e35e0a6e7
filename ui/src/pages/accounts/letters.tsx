/** Where a person's letters go: invitations and links for a new password. */
import { useState } from "react";
import { Button, TextInput } from "@mantine/core";
import { changeUser } from "../../api/people";
import { useRights } from "../../api/rights";
import type { Person } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Panel } from "../../parts/page";

export function Letters({ person, put }: { person: Person; put: (person: Person) => void }) {
  const { may } = useRights();
  const [email, setEmail] = useState(person.email ?? "");
  const { isBusy, errors, send } = useSending(["users"]);
  const save = () =>
    send(async () => {
      put(await changeUser(person.id, { email: email.trim() || null }));
      say(email.trim() ? `Letters to ${person.name} go to ${email.trim()}` : `${person.name} gets no letters`);
    });
  if (!may("users.write")) return <Panel title="Mail"><p className="soft">{person.email ?? "No address: links are handed over."}</p></Panel>;
  return (
    <Panel title="Mail" note="Where invitations, links for a new password and notices about their tokens go.">
      <form className="row-wrap" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <TextInput type="email" aria-label="E-mail" placeholder="No address: links are handed over" value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={errors.email} w={300} autoComplete="off" />
        <Button type="submit" variant="default" loading={isBusy} disabled={email.trim() === (person.email ?? "")}>Save</Button>
      </form>
    </Panel>
  );
}
