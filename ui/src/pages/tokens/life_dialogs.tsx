/** Dialogs of a token's life: rotate, collect a waiting secret, quarantine. A secret is shown once, here and nowhere else. */
import { useState } from "react";
import { Button, Modal, Select, TextInput } from "@mantine/core";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import { collectSecret, quarantineToken, rotateToken, type IssuedToken } from "../../api/token_life";
import type { Token } from "../../api/types";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";
import { Copy } from "../../parts/words";

export type LifeDialog = "rotate" | "collect" | "quarantine";

const TITLES: Record<LifeDialog, string> = { rotate: "Rotate", collect: "Collect the new secret of", quarantine: "Quarantine" };
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
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const { isBusy, problem, send } = useSending(["token", "tokens"]);
  const run = () =>
    send(async () => {
      if (dialog === "quarantine") {
        await quarantineToken(token.id, reason.trim());
        say(`${token.name} is quarantined: the next call already knows`);
        close();
      } else {
        setIssued(dialog === "rotate" ? await rotateToken(token.id, Number(overlap)) : await collectSecret(token.id));
      }
    });
  return (
    <Modal opened onClose={close} title={issued ? `${token.name} has a new secret` : `${TITLES[dialog]} ${token.name}`} size="lg">
      {issued ? (
        <div className="form">
          <div className="secret"><code>{issued.token}</code><Copy text={issued.token} label="Copy the new secret" /></div>
          <p className="row soft"><IconAlertTriangle size={16} color="var(--warn)" /> It is shown now and never again. Put it where your application reads its secrets.</p>
          <div className="row-end"><Button onClick={close}>I have put it away</Button></div>
        </div>
      ) : (
        <form className="form" onSubmit={(event) => { event.preventDefault(); void run(); }}>
          {problem && <Trouble error={problem} />}
          {dialog === "rotate" && <Select label="The old secret works beside the new one for" data={OVERLAPS} value={overlap} onChange={(value) => setOverlap(value ?? "86400")} allowDeselect={false} data-autofocus />}
          {dialog === "rotate" && <p className="muted small">Id, rights, limits, budgets and use stay the token’s. You see who still uses the old secret, and can end it early or undo the rotation.</p>}
          {dialog === "collect" && <p className="soft">A rotation policy made a new secret. It is shown once; then the old one’s overlap begins.</p>}
          {dialog === "quarantine" && <p className="soft">Writing to services, WebSockets, kept responses and embeddings are refused; everything else is slowed to 10 calls a minute. You can release it at any time.</p>}
          {dialog === "quarantine" && <TextInput label="Reason" maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus autoComplete="off" />}
          <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} color={dialog === "quarantine" ? "red" : undefined}>{dialog === "rotate" ? "Make a new secret" : dialog === "collect" ? "Show it once" : "Quarantine"}</Button></div>
        </form>
      )}
    </Modal>
  );
}
