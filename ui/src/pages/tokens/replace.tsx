/** Another token in the place of one that leaked or was revoked: asked about, then shown once. */
import { useState } from "react";
import { Button, Checkbox, Modal } from "@mantine/core";
import { Link } from "wouter";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import { replaceToken, type IssuedToken } from "../../api/token_life";
import { useToken } from "../../api/tokens";
import type { Token } from "../../api/types";
import { useSending } from "../../parts/form";
import { Loaded, Trouble } from "../../parts/page";
import { Copy } from "../../parts/words";

/** `done` is called with the new token, while its secret is still shown. */
export function Replace({ id, close, done }: { id: string; close: () => void; done?: (made: IssuedToken) => void }) {
  const token = useToken(id);
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  if (issued) return <Replaced token={issued} close={close} />;
  return (
    <Modal opened onClose={close} title={`Replace ${token.data?.name ?? "this token"}`} size="lg">
      <Loaded query={token} rows={4}>
        {(found) => <Ask token={found} close={close} done={(made) => { setIssued(made); done?.(made); }} />}
      </Loaded>
    </Modal>
  );
}

function Ask({ token, close, done }: { token: Token; close: () => void; done: (made: IssuedToken) => void }) {
  const isRevoked = token.state === "revoked";
  const mustRevoke = token.state === "active" || token.state === "not_yet_valid" || token.state === "expired";
  const [revokes, setRevokes] = useState(mustRevoke);
  const [isCompromised, setCompromised] = useState(false);
  const { isBusy, problem, send } = useSending(["token", "tokens", "attention", "security"]);
  const run = () => send(async () => done(await replaceToken(token.id, { revoke: revokes && !isRevoked, isCompromised: revokes && isCompromised })));
  return (
    <form className="form" onSubmit={(event) => { event.preventDefault(); void run(); }}>
      {problem && <Trouble error={problem} />}
      <p className="soft">Another token is issued with the same rights, limits, plan, owner and end. Its secret is shown once. What was counted stays with {token.masked}: to keep it, rotate the token instead.</p>
      {!isRevoked && <Checkbox label="Revoke the old one now" description={mustRevoke ? "It works: two with the same rights are not made of one" : `Until you do, it stays ${token.state} under another name, and its application goes on as far as that permits`} checked={revokes} disabled={mustRevoke} onChange={(event) => setRevokes(event.currentTarget.checked)} data-autofocus />}
      {!isRevoked && revokes && <Checkbox label="Somebody else has it: end the calls it is making now as well" checked={isCompromised} onChange={(event) => setCompromised(event.currentTarget.checked)} />}
      <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} color={revokes && !isRevoked ? "red" : undefined}>{revokes && !isRevoked ? "Revoke and replace" : "Issue the replacement"}</Button></div>
    </form>
  );
}

/** The new token, once. */
export function Replaced({ token, close }: { token: IssuedToken; close: () => void }) {
  return (
    <Modal opened onClose={close} title={`${token.name} has a replacement`} size="lg" closeOnClickOutside={false} closeOnEscape={false}>
      <div className="form">
        <div className="secret"><code>{token.token}</code><Copy text={token.token} label="Copy the new token" /></div>
        <p className="row soft"><IconAlertTriangle size={16} color="var(--warn)" /> It is shown now and never again. Put it where your application reads its secrets.</p>
        <div className="row-end"><Button component={Link} variant="default" href={`/tokens/${token.id}`} onClick={close}>Go to the new token</Button><Button onClick={close}>I have put it away</Button></div>
      </div>
    </Modal>
  );
}
