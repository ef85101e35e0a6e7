/** The page an operator keeps open: what to do first, what needs attention, how it runs, what it costs. */
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useChecklist, useGateway } from "../../api/gateway";
import { useFreshFigures } from "../../api/live";
import { useRights } from "../../api/rights";
import { useRange, type Range } from "../../frame/range";
import { Page } from "../../parts/page";
import { Attention } from "./attention";
import { Breakdown } from "./breakdown";
import { Events } from "./events";
import { GetStarted } from "./get_started";
import { Feed } from "./feed";
import { Figures } from "./figures";
import { Launchpad } from "./launchpad";
import { Traffic } from "./traffic";
import { Upstreams } from "./upstreams";

export default function Home() {
  useFreshFigures();
  const range = useRange();
  const { may } = useRights();
  const checklist = useChecklist();
  const gateway = useGateway();
  const isFirstUse = checklist.data?.steps.some((step) => step.id === "first_call" && !step.done) ?? false;
  return (
    <Page title="Home" lead={gateway.data && <>Calls go to <span className="mono">{gateway.data.gateway_url}</span> · {range.label.toLowerCase()}</>} acts={may("tokens.write") && <Button component={Link} href="/tokens/new">New token</Button>}>
      {checklist.data && !checklist.data.is_done && <GetStarted checklist={checklist.data} />}
      <Attention />
      <Figures range={range} />
      {isFirstUse ? null : <Rest range={range} />}
    </Page>
  );
}

function Rest({ range }: { range: Range }) {
  const { may } = useRights();
  return (
    <>
      <Traffic range={range} />
      <div className="columns-main">
        <Breakdown range={range} />
        <Feed />
      </div>
      <Upstreams range={range} />
      <Launchpad range={range} />
      {may("audit.read") && <Events />}
    </>
  );
}
