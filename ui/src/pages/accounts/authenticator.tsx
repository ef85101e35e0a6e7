/** The authenticator app: set up by a QR code and a first code, removed; and the recovery codes. */
import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { beginApp, confirmApp, removeApp, renewCodes, type AppSecret, type Factors } from "../../api/account";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { useSending } from "../../parts/form";
import { Panel, Trouble } from "../../parts/page";
import { Copy, State, When } from "../../parts/words";

export function Authenticator({ factors, show }: { factors: Factors; show: (codes: string[]) => void }) {
  const [secret, setSecret] = useState<AppSecret | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const client = useQueryClient();
  const fresh = () => ["account", "session"].forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
  const remove = () => removeApp().then(() => { fresh(); say("The authenticator app counts no more; you are signed out everywhere else"); }, complain);
  return (
    <Panel title="Authenticator app" note="Six digits that an app on your phone shows anew every half minute.">
      <div className="row-wrap">
        <span className="grow">{factors.app ? <State value="ok">Since <When value={factors.app.confirmed_at} /></State> : <State value="not set">Not set up</State>}</span>
        {factors.app ? <Button variant="default" onClick={() => setRemoving(true)}>Remove…</Button> : <Button variant="default" onClick={() => void beginApp().then(setSecret, complain)}>Set up…</Button>}
      </div>
      {secret && <SetUp secret={secret} close={() => setSecret(null)} done={(codes) => { setSecret(null); fresh(); if (codes) show(codes); say("The authenticator app counts from now on; you are signed out everywhere else"); }} />}
      {isRemoving && <Confirm title="Remove the authenticator app" act="Remove" close={() => setRemoving(false)} run={remove}>{factors.passkeys.length ? "Your passkeys stay." : "It is your only second factor: your password alone will sign you in, and your recovery codes stop working."} You are signed out everywhere else.</Confirm>}
    </Panel>
  );
}

function SetUp({ secret, close, done }: { secret: AppSecret; close: () => void; done: (codes: string[] | null) => void }) {
  const [code, setCode] = useState("");
  const { isBusy, problem, errors, send } = useSending([]);
  const confirm = () => void send(async () => done((await confirmApp(code.replace(" ", ""))).recovery_codes));
  return (
    <Modal opened onClose={close} title="Set up an authenticator app" size="md">
      <form className="form" onSubmit={(event) => { event.preventDefault(); confirm(); }}>
        <p className="soft">Scan this with your app, or type the secret. Then type the code that it shows.</p>
        <svg className="qr" viewBox={`0 0 ${secret.qr.size} ${secret.qr.size}`} role="img" aria-label="QR code for your authenticator app" shapeRendering="crispEdges"><path d={secret.qr.path} /></svg>
        <div className="secret"><code>{secret.secret.replace(/(.{4})(?!$)/g, "$1 ")}</code><Copy text={secret.secret} label="Copy the secret" /></div>
        {problem && !errors.code && <Trouble error={problem} />}
        <TextInput label="Code" required inputMode="numeric" autoComplete="one-time-code" maxLength={7} value={code} onChange={(event) => setCode(event.currentTarget.value)} error={errors.code} data-autofocus />
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!/^\d{3} ?\d{3}$/.test(code)}>Confirm</Button></div>
      </form>
    </Modal>
  );
}

export function RecoveryCodes({ factors, show }: { factors: Factors; show: (codes: string[]) => void }) {
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const hasFactor = factors.app !== null || factors.passkeys.length > 0;
  const few = hasFactor && factors.recovery_codes < 3;
  const renew = () => renewCodes().then(({ codes }) => { void client.invalidateQueries({ queryKey: ["account"] }); show(codes); }, complain);
  return (
    <Panel title="Recovery codes" note="Each signs you in once when the phone is lost. They come with your first second factor.">
      <div className="row-wrap">
        <span className="grow">{hasFactor ? <State value={few ? "limited" : "ok"}>{plural(factors.recovery_codes, "code")} left</State> : <State value="not set">None yet</State>}</span>
        {hasFactor && <Button variant="default" onClick={() => setAsking(true)}>New codes…</Button>}
      </div>
      {isAsking && <Confirm title="Make new recovery codes" act="Make new codes" isDangerous={false} close={() => setAsking(false)} run={renew}>The codes that you have stop working.</Confirm>}
    </Panel>
  );
}

export function ShownCodes({ codes, close }: { codes: string[]; close: () => void }) {
  const text = codes.join("\n");
  return (
    <Modal opened onClose={close} title="Your recovery codes" size="md" closeOnClickOutside={false}>
      <div className="form">
        <p className="soft">They are shown now and never again. Print them, or keep them where your passwords are, and not on the phone that they stand in for.</p>
        <ul className="recovery-codes" aria-label="Recovery codes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ul>
        <div className="row-end"><Copy text={text} label="Copy all codes" /><Button onClick={close}>I have kept them</Button></div>
      </div>
    </Modal>
  );
}
