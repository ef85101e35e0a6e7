/** How mail is sent: shown, set up, tried. */
import { useState } from "react";
import { Button, Modal, NumberInput, PasswordInput, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { removeMail, setUpMail, testMail, useMail, type MailServer } from "../../api/notices";
import { useRights } from "../../api/rights";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { useSending } from "../../parts/form";
import { Loaded, Panel, Trouble } from "../../parts/page";
import { State } from "../../parts/words";

type Security = MailServer["security"];
const SECURITY: { value: Security; label: string; port: number }[] = [
  { value: "starttls", label: "STARTTLS (587)", port: 587 },
  { value: "tls", label: "TLS from the start (465)", port: 465 },
  { value: "none", label: "None: a relay on this machine", port: 25 },
];
const IN_WORDS: Record<Security, string> = { starttls: "STARTTLS", tls: "TLS", none: "not encrypted" };

export function Mail() {
  const mail = useMail();
  const client = useQueryClient();
  const { may } = useRights();
  const [dialog, setDialog] = useState<"edit" | "test" | "remove" | null>(null);
  const server = mail.data?.server ?? null;
  const acts = may("notices.write") && mail.data && (
    <>
      {server && <Button size="compact-sm" variant="default" onClick={() => setDialog("test")}>Send a test letter</Button>}
      <Button size="compact-sm" variant="default" onClick={() => setDialog("edit")}>{server ? "Edit mail" : "Set up mail"}</Button>
      {server && <Button size="compact-sm" variant="default" onClick={() => setDialog("remove")}>Remove mail…</Button>}
    </>
  );
  return (
    <Panel title="Mail" acts={acts}>
      <Loaded query={mail} rows={2}>
        {(shown) => (
          <>
            {shown.server ? <ServerFacts server={shown.server} waiting={shown.waiting} /> : <p className="soft">Mail is not set up. Invitations and links for a new password are handed over by whoever makes them, and nobody gets a letter about their tokens or their account.</p>}
            {dialog === "edit" && <MailForm server={shown.server} etag={shown.etag} close={() => setDialog(null)} />}
            {dialog === "test" && <TestLetter close={() => setDialog(null)} />}
            {dialog === "remove" && (
              <Confirm title="Remove the mail server" act="Remove" close={() => setDialog(null)} run={() => removeMail().then(() => { say("Mail is not set up any more"); void client.invalidateQueries({ queryKey: ["mail"] }); }, complain)}>
                Its address and its login are forgotten; no mail is sent until another one is set up.
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function ServerFacts({ server, waiting }: { server: MailServer; waiting: number }) {
  return (
    <dl className="facts">
      <dt>Server</dt><dd><span className="mono">{server.host}:{server.port}</span> <span className="muted">{IN_WORDS[server.security]}</span></dd>
      <dt>Login</dt><dd>{server.username || "none"}</dd>
      <dt>From</dt><dd>{server.from_name && `${server.from_name} `}{server.from_address}</dd>
      <dt>Waiting</dt><dd>{waiting ? <State value="expiring">{plural(waiting, "letter")} the server has not taken yet; each is tried again for a day</State> : "nothing"}</dd>
    </dl>
  );
}

function MailForm({ server, etag, close }: { server: MailServer | null; etag?: string; close: () => void }) {
  const [host, setHost] = useState(server?.host ?? "");
  const [port, setPort] = useState<number | string>(server?.port ?? 587);
  const [security, setSecurity] = useState<Security>(server?.security ?? "starttls");
  const [username, setUsername] = useState(server?.username ?? "");
  const [password, setPassword] = useState("");
  const [address, setAddress] = useState(server?.from_address ?? "");
  const [name, setName] = useState(server?.from_name ?? "");
  const { isBusy, problem, errors, send } = useSending(["mail"]);
  const save = () =>
    send(async () => {
      const wish = { host: host.trim(), port: Number(port), security, username: username.trim(), from_address: address.trim(), from_name: name.trim(), ...(password ? { password } : {}) };
      await setUpMail(wish, server ? etag : undefined);
      say("Saved: send a test letter");
      close();
    });
  const choose = (value: string | null) => {
    const chosen = SECURITY.find((one) => one.value === value);
    if (!chosen) return;
    setSecurity(chosen.value);
    if (SECURITY.some((one) => one.port === port)) setPort(chosen.port);
  };
  return (
    <Modal opened onClose={close} title="Mail server" size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && <Trouble error={problem} />}
        <TextInput label="Server" required placeholder="mail.example.com" value={host} onChange={(event) => setHost(event.currentTarget.value)} error={errors.host} data-autofocus autoComplete="off" />
        <div className="form-grid">
          <Select label="Encryption" allowDeselect={false} data={SECURITY} value={security} onChange={choose} error={errors.security} />
          <NumberInput label="Port" min={1} max={65535} value={port} onChange={setPort} error={errors.port} hideControls />
          <TextInput label="User" value={username} onChange={(event) => setUsername(event.currentTarget.value)} error={errors.username} autoComplete="off" />
          <PasswordInput label="Password" placeholder={server?.has_password ? "as it is" : ""} value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={errors.password} autoComplete="new-password" disabled={!username.trim()} />
          <TextInput label="From address" required placeholder="tollway@example.com" value={address} onChange={(event) => setAddress(event.currentTarget.value)} error={errors.from_address} autoComplete="off" />
          <TextInput label="From name" value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.from_name} autoComplete="off" />
        </div>
        <p className="muted small">The password is sealed and never shown. It has to be entered again when server, port or user change.</p>
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!host.trim() || !address.trim()}>Save</Button></div>
      </form>
    </Modal>
  );
}

function TestLetter({ close }: { close: () => void }) {
  const [to, setTo] = useState("");
  const [answer, setAnswer] = useState<{ ok: boolean; detail: string } | null>(null);
  const { isBusy, problem, errors, send } = useSending([]);
  return (
    <Modal opened onClose={close} title="Send a test letter">
      <form className="form" onSubmit={(event) => { event.preventDefault(); setAnswer(null); void send(async () => setAnswer(await testMail(to.trim()))); }}>
        {problem && <Trouble error={problem} />}
        <TextInput label="To" type="email" required value={to} onChange={(event) => setTo(event.currentTarget.value)} error={errors.to} data-autofocus autoComplete="email" />
        {answer && <div role="status" className={answer.ok ? "note note-ok" : "note"}>{answer.detail}</div>}
        <div className="row-end"><Button variant="default" onClick={close}>Close</Button><Button type="submit" loading={isBusy} disabled={!to.trim()}>Send</Button></div>
      </form>
    </Modal>
  );
}
