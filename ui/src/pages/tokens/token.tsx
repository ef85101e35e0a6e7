/** A token's page: its state in words, its sections, and the acts. Each section is a file of its own. */
import { useState } from "react";
import { ActionIcon, Button, Menu } from "@mantine/core";
import IconDots from "@tabler/icons-react/dist/esm/icons/IconDots.mjs";
import { useFreshFigures } from "../../api/live";
import { useRights } from "../../api/rights";
import { useToken } from "../../api/tokens";
import type { Token } from "../../api/types";
import { useRange } from "../../frame/range";
import { instant } from "../../format/time";
import { Loaded, Page } from "../../parts/page";
import { Copy } from "../../parts/words";
import { Traffic } from "../home/traffic";
import { OwnUse } from "../usage/own_use";
import { useTokenActs } from "./acts";
import { Dialogs, type Dialog } from "./dialogs";
import { Facts } from "./facts";
import { TokenLife } from "./life";
import { UnusedRights } from "./unused";
import { OwnLimits } from "./own_limits";
import { TokenRights } from "./rights_panel";
import { TokenState } from "./tokens";

export default function TokenPage({ id }: { id: string }) {
  useFreshFigures();
  const token = useToken(id);
  const { reaches } = useRights();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  return (
    <Page
      documentTitle={token.data?.name ?? "Token"}
      crumb={{ label: "Tokens", href: "/tokens" }}
      title={<span className="row-wrap">{token.data?.name ?? "Token"} {token.data && <span className="small"><TokenState token={token.data} /></span>}</span>}
      lead={<span className="row"><span className="mono">{token.data?.masked ?? `tws_${id}…`}</span><Copy text={id} label="Copy the token's id" /></span>}
      acts={token.data && reaches("tokens.write", token.data.team_id, token.data.owner_id) && <Acts token={token.data} open={setDialog} />}
    >
      <Loaded query={token} rows={12}>
        {(found) => (
          <>
            <Sections token={found} open={setDialog} />
            {dialog && <Dialogs token={found} dialog={dialog} close={() => setDialog(null)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Acts({ token, open }: { token: Token; open: (dialog: Dialog) => void }) {
  const act = useTokenActs();
  if (token.state === "revoked") return <Button variant="default" onClick={() => open("replace")}>Replace</Button>;
  return (
    <>
      {token.state === "active" && <Button variant="default" onClick={() => void act([token], "disable")}>Disable</Button>}
      {token.state === "disabled" && <Button variant="default" onClick={() => void act([token], "enable")}>Enable</Button>}
      <Button variant="default" onClick={() => open("extend")}>Extend</Button>
      <Button variant="default" onClick={() => open("limits")}>Edit limits</Button>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="default" size={30} aria-label="More acts"><IconDots size={16} /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => open("rename")}>Rename</Menu.Item>
          <Menu.Item onClick={() => open("rights")}>Edit rights</Menu.Item>
          {!token.application_id && <Menu.Item onClick={() => open("scopes")}>What it may manage</Menu.Item>}
          <Menu.Item onClick={() => open("replace")}>Replace…</Menu.Item>
          <Menu.Item color="red" onClick={() => open("revoke")}>Revoke…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

/** What the page shows of a token, top to bottom; a new section is one line here. */
function Sections({ token, open }: { token: Token; open: (dialog: Dialog) => void }) {
  const range = useRange();
  const { reaches } = useRights();
  const canEdit = token.state !== "revoked" && reaches("tokens.write", token.team_id, token.owner_id);
  return (
    <>
      {sentence(token) && <div className="note note-warn">{sentence(token)}</div>}
      <div className="columns">
        <OwnLimits token={token} edit={canEdit ? () => open("limits") : undefined} />
        <Facts token={token} edit={canEdit ? () => open("rights") : undefined} />
      </div>
      <TokenRights token={token} canEdit={canEdit} />
      <TokenLife token={token} canEdit={canEdit} />
      <UnusedRights token={token} canEdit={canEdit} />
      <Traffic range={range} filters={{ token: token.id }} empty="No call with this token in this time." />
      <OwnUse range={range} filters={{ token: token.id }} />
    </>
  );
}

function sentence(token: Token): string | null {
  if (token.state === "revoked") return `Revoked${token.revoked_at ? ` on ${instant(token.revoked_at)}` : ""}${token.revoked_reason ? `: ${token.revoked_reason}` : ""}. Its calls are refused for ever.`;
  if (token.state === "not_yet_valid") return `Not valid yet: its calls are refused until ${token.not_before ? instant(token.not_before) : "then"}.`;
  if (token.state === "disabled") return "Switched off: its calls are refused until it is enabled again.";
  if (token.state === "expired") return "Expired: its calls are refused. Extend it to use it again, if its secret is still safe.";
  return null;
}
