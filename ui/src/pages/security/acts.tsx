/** What a person can do about an event. */
import { useState } from "react";
import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { acknowledgeEvent, actOnEvent, expectEvent, undoEvent, type SecurityEvent } from "../../api/security";
import { useRights } from "../../api/rights";
import { complain, say } from "../../frame/toasts";
import { Confirm } from "../../parts/confirm";

export function Acts({ event, replace }: { event: SecurityEvent; replace: (event: SecurityEvent) => void }) {
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const [isRevoking, setRevoking] = useState(false);
  const { reaches } = useRights();
  const [isBusy, setBusy] = useState(false);
  const isOpen = event.state === "open";
  const refresh = () => {
    for (const key of [["security"], ["tokens"], ["token"], ["attention"]]) void client.invalidateQueries({ queryKey: key });
  };
  const run = async (act: () => Promise<unknown>, said: string, undo?: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await act();
      say(said, undo && { label: "Undo", run: () => void undo().then(refresh, complain) });
      refresh();
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  const undo = () => undoEvent(event.id);
  return (
    <div className="row-wrap">
      {isOpen && <TextInput size="xs" w={220} aria-label="Note" placeholder="Note (optional)" maxLength={500} value={note} onChange={(change) => setNote(change.currentTarget.value)} />}
      {isOpen && <Button size="xs" loading={isBusy} onClick={() => void run(() => acknowledgeEvent(event.id, note), "Acknowledged")}>Acknowledge</Button>}
      {isOpen && <Button size="xs" variant="default" disabled={isBusy} onClick={() => void run(() => expectEvent(event.id, note), "This is expected from now on, and what was done is undone")}>Mark expected</Button>}
      {event.can_undo && <Button size="xs" variant="default" disabled={isBusy} onClick={() => void run(undo, "Undone: this event holds the token back no more")}>Undo</Button>}
      {event.token_id && event.act_state !== "final" && (
        <>
          <Button size="xs" variant="default" disabled={isBusy} onClick={() => void run(() => actOnEvent(event.id, "limit"), "Limited", undo)}>Limit</Button>
          <Button size="xs" variant="default" disabled={isBusy} onClick={() => void run(() => actOnEvent(event.id, "quarantine"), "Quarantined", undo)}>Quarantine</Button>
          <Button size="xs" color="red" variant="light" disabled={isBusy} onClick={() => setRevoking(true)}>Revoke…</Button>
        </>
      )}
      {event.token_id && event.kind !== "decoy_used" && reaches("tokens.write", event.team_id) && <Button size="xs" variant="default" disabled={isBusy} onClick={() => replace(event)}>Replace…</Button>}
      {isRevoking && (
        <Confirm title="Revoke this token" act="Revoke for ever" typed={event.token_name ?? event.subject} close={() => setRevoking(false)} run={() => run(() => actOnEvent(event.id, "revoke"), "Revoked")}>
          The next call with it is refused, in every worker. This cannot be undone.
        </Confirm>
      )}
    </div>
  );
}
