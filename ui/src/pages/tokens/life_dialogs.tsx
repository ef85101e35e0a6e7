/** Dialogs of a token's life: rotate, collect a waiting secret, hand it over by a link, quarantine. A secret or a link is shown once, here alone. */
import { useState } from "react";
import { Button, Modal, Select, TextInput } from "@mantine/core";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import { collectSecret, makeLink, quarantineToken, rotateToken, type IssuedToken, type OneTimeLink } from "../../api/token_life";
import type { Token } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";
import { Copy, When } from "../../parts/words";

export type LifeDialog = "rotate" | "collect" | "link" | "quarantine";

const TITLES: Record<LifeDialog, string> = { rotate: "Rotate", collect: "Collect the new secret of", link: "Give somebody a new secret of", quarantine: "Quarantine" };
const ACTS: Record<LifeDialog, string> = { rotate: "Make a new secret", collect: "Show it once", link: "Make the link", quarantine: "Quarantine" };
const OVERLAPS = [
  { value: "0", label: "Not at all: the old secret is refused at once" },
  { value: "3600", label: "1 hour" },
  { value: "86400", label: "1 day" },
  { value: "604800", label: "7 days" },
  { value: "2592000", label: "30 days" },
];

export function LifeDialogs({ token, dialog, close }: { token: Token; dialog: LifeDialog; close: () => void }) {
  const [overlap, setOverlap] = useState("86400");
  const [reason, setReason] = useState("");
  const [mailTo, setMailTo] = useState("");
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const [link, setLink] = useState<OneTimeLink | null>(null);
  const { isBusy, problem, send } = useSending(["token", "tokens"]);
  const run = () =>
    send(async () => {
      if (dialog === "quarantine") {
        await quarantineToken(token.id, reason.trim());
        say(`${token.name} is quarantined: the next call already knows`);
        close();
      } else if (dialog === "link") {
        const made = await makeLink(token.id, Number(overlap), mailTo.trim() || null);
        if (made.mail?.is_ok) {
          say(`A link was sent to ${made.mail.to}`);
          close();
        } else setLink(made);
      } else {
        setIssued(dialog === "rotate" ? await rotateToken(token.id, Number(overlap)) : await collectSecret(token.id));
      }
    });
  return (
    <Modal opened onClose={close} title={link ? "A link that works once" : issued ? `${token.name} has a new secret` : `${TITLES[dialog]} ${token.name}`} size="lg">
      {link ? (
        <Made link={link} close={close} />
      ) : issued ? (
        <div className="form">
          <div className="secret"><code>{issued.token}</code><Copy text={issued.token} label="Copy the new secret" /></div>
          <p className="row soft"><IconAlertTriangle size={16} color="var(--warn)" /> It is shown now and never again. Put it where your application reads its secrets.</p>
          <div className="row-end"><Button onClick={close}>I have put it away</Button></div>
        </div>
      ) : (
        <form className="form" onSubmit={(event) => { event.preventDefault(); void run(); }}>
          {problem && <Trouble error={problem} />}
          {(dialog === "rotate" || dialog === "link") && <Select label="The old secret works beside the new one for" data={OVERLAPS} value={overlap} onChange={(value) => setOverlap(value ?? "86400")} allowDeselect={false} data-autofocus />}
          {dialog === "rotate" && <p className="muted small">Id, rights, limits, budgets and use stay the token’s. You see who still uses the old secret, and can end it early or undo the rotation.</p>}
          {dialog === "link" && <TextInput label="Send it to" description="Left empty, the link is shown to you" type="email" maxLength={254} value={mailTo} onChange={(event) => setMailTo(event.currentTarget.value)} autoComplete="off" />}
          {dialog === "link" && <p className="muted small">Whoever opens the link first is shown the new secret, once. The old one works until then, and for the overlap. A link that was made before is void.</p>}
          {dialog === "collect" && <p className="soft">A rotation policy made a new secret. It is shown once; then the old one’s overlap begins.</p>}
          {dialog === "quarantine" && <p className="soft">Writing to services, WebSockets, kept responses and embeddings are refused; everything else is slowed to 10 calls a minute. You can release it at any time.</p>}
          {dialog === "quarantine" && <TextInput label="Reason" maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus autoComplete="off" />}
          <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} color={dialog === "quarantine" ? "red" : undefined}>{dialog === "link" && mailTo.trim() ? "Send the link" : ACTS[dialog]}</Button></div>
        </form>
      )}
    </Modal>
  );
}

function Made({ link, close }: { link: OneTimeLink; close: () => void }) {
  return (
    <div className="form">
      {link.url ? (
        <>
          <div className="secret"><code>{link.url}</code><Copy text={link.url} label="Copy the link" /></div>
          <p className="row soft"><IconAlertTriangle size={16} color="var(--warn)" /> It is shown now and never again, and works until <When value={link.until} />. Send it to one person only.</p>
        </>
      ) : (
        <p role="alert" className="note note-warn">The mail server did not take the letter to {link.mail?.to}: {link.mail?.detail} The new secret waits, and the old one works. Make another link.</p>
      )}
      <div className="row-end"><Button onClick={close}>{link.url ? "I have passed it on" : "Close"}</Button></div>
    </div>
  );
}
