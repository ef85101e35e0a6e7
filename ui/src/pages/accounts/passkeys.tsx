/** Passkeys: added, named, removed. */
import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { addPasskey, removePasskey, renamePasskey, type Factors, type Passkey } from "../../api/account";
import { hasPasskeys, isPlaceOf } from "../../api/passkeys";
import { complain, say } from "../../frame/toasts";
import { Confirm } from "../../parts/confirm";
import { useSending } from "../../parts/form";
import { Panel, Trouble } from "../../parts/page";
import { Table } from "../../parts/table";
import { Ago, When } from "../../parts/words";

export function Passkeys({ factors, show }: { factors: Factors; show: (codes: string[]) => void }) {
  const [named, setNamed] = useState<Passkey | "new" | null>(null);
  const [removed, setRemoved] = useState<Passkey | null>(null);
  const client = useQueryClient();
  const fresh = () => ["account", "session"].forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
  const canAdd = isPlaceOf(factors.passkey_place);
  const remove = (one: Passkey) => removePasskey(one.id).then(() => { fresh(); say(`${one.name} removed; you are signed out everywhere else`); }, complain);
  const isLast = factors.passkeys.length === 1 && factors.app === null;
  return (
    <Panel title="Passkeys" note="Your fingerprint, face or security key signs you in, without a password, on this console only." flush acts={canAdd && <Button variant="default" size="compact-sm" onClick={() => setNamed("new")}>Add a passkey</Button>}>
      {factors.passkeys.length > 0 ? (
        <Table label="Passkeys" rows={factors.passkeys} keyOf={(one) => one.id} columns={[
          { id: "name", title: "Name", show: (one) => <>{one.name} {one.is_backed_up && <span className="tag">synced</span>}</> },
          { id: "used", title: "Last used", show: (one) => <Ago value={one.used_at} /> },
          { id: "since", title: "Since", show: (one) => <When value={one.created_at} /> },
          { id: "act", title: "Acts", isEnd: true, show: (one) => <span className="nowrap"><Button variant="subtle" size="compact-sm" aria-label={`Rename ${one.name}`} onClick={() => setNamed(one)}>Rename</Button><Button variant="subtle" size="compact-sm" aria-label={`Remove ${one.name}`} onClick={() => setRemoved(one)}>Remove</Button></span> },
        ]} />
      ) : (
        <p className="chart-empty"><span><Nothing factors={factors} canAdd={canAdd} /></span></p>
      )}
      {factors.passkeys.length === 1 && canAdd && <p className="panel-note passkey-note">Add a second one, on another device: a single passkey is lost with its device.</p>}
      {named && <Name passkey={named === "new" ? null : named} close={() => setNamed(null)} done={(codes) => { setNamed(null); fresh(); if (codes) show(codes); }} />}
      {removed && <Confirm title={`Remove ${removed.name}`} act="Remove" close={() => setRemoved(null)} run={() => remove(removed)}>{isLast ? "It is your only second factor: your password alone will sign you in, and your recovery codes stop working." : "It signs you in no more."} You are signed out everywhere else. Remove it from the device as well.</Confirm>}
    </Panel>
  );
}

/** Why there is none, and what to do about it. */
function Nothing({ factors, canAdd }: { factors: Factors; canAdd: boolean }) {
  const place = factors.passkey_place;
  if (canAdd) return "No passkey yet.";
  if (!place) return <>Passkeys need a console with a name and TLS: set <code>console.public_url</code>.</>;
  if (place.origin !== location.origin) return <>Passkeys work on <a href={`${place.origin}/account`}>{place.origin}</a>, and this page was opened elsewhere.</>;
  return hasPasskeys() ? "No passkey yet." : "This browser has no passkeys.";
}

function Name({ passkey, close, done }: { passkey: Passkey | null; close: () => void; done: (codes: string[] | null) => void }) {
  const [name, setName] = useState(passkey?.name ?? "");
  const { isBusy, problem, errors, send } = useSending([]);
  const save = () => void send(async () => {
    if (passkey) {
      await renamePasskey(passkey.id, name);
      done(null);
      return;
    }
    const change = await addPasskey(name);
    done(change.recovery_codes);
    say(`${name.trim()} added; you are signed out everywhere else`);
  });
  return (
    <Modal opened onClose={close} title={passkey ? "Rename the passkey" : "Add a passkey"} size="md">
      <form className="form" onSubmit={(event) => { event.preventDefault(); save(); }}>
        {problem && !errors.name && <Trouble error={problem} />}
        <TextInput label="Name" description={passkey ? undefined : "What tells it from your others, such as the device. Your browser asks for the rest."} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim()}>{passkey ? "Save" : "Continue"}</Button></div>
      </form>
    </Modal>
  );
}
