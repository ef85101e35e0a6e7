/** Home of somebody who sees their teams and not the whole gateway. */
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useGateway, useSession } from "../../api/gateway";
import { useFreshFigures } from "../../api/live";
import { useRights } from "../../api/rights";
import { useRange } from "../../frame/range";
import { Page, Panel } from "../../parts/page";
import { OwnUse } from "../usage/own_use";
import { Traffic } from "./traffic";

export default function OwnHome() {
  useFreshFigures();
  const range = useRange();
  const gateway = useGateway();
  const session = useSession();
  const { may } = useRights();
  const hasTeams = Boolean(session.data?.team_ids.length);
  return (
    <Page title="Home" lead={gateway.data && <>Calls go to <span className="mono">{gateway.data.gateway_url}</span> · what your teams use, {range.label.toLowerCase()}</>} acts={may("tokens.write") && <Button component={Link} href="/tokens/new">New token</Button>}>
      {may("usage.read") && (hasTeams || may("usage.read", "all")) ? (
        <>
          <Traffic range={range} empty="Your teams made no call in this time." />
          <OwnUse range={range} filters={{}} by={["model", "token"]} />
        </>
      ) : (
        <Panel title="You are in no team yet">
          <p className="soft">What a team runs, and what it uses, is seen by who is in it. Ask an administrator to add you to yours{may("tokens.write") ? "; tokens of your own you can issue already" : ""}.</p>
        </Panel>
      )}
    </Page>
  );
}
