/** One application: shared limits, its tokens, its use. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { deleteApplication, switchApplication, useApplication, useApplicationMeters } from "../../api/applications";
import { useFreshFigures } from "../../api/live";
import { useRights } from "../../api/rights";
import { useTokens } from "../../api/tokens";
import type { Application } from "../../api/types";
import { useRange } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { count } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { LimitBars } from "../../parts/limits";
import { OwnedLimits } from "../../parts/owned_limits";
import { OwnRights } from "../../parts/own_rights";
import { Loaded, Page, Panel } from "../../parts/page";
import { Table, usePaged } from "../../parts/table";
import { By } from "../../parts/actors";
import { Ago, State, When } from "../../parts/words";
import { Traffic } from "../home/traffic";
import { More } from "../../parts/more";
import { RevokeAll } from "../tokens/revoke_all";
import { TokenState } from "../tokens/tokens";
import { OwnUse } from "../usage/own_use";
import { ApplicationForm } from "./form";

export default function ApplicationPage({ id }: { id: string }) {
  useFreshFigures();
  const application = useApplication(id);
  const range = useRange();
  const client = useQueryClient();
  const [, go] = useLocation();
  const { may, reaches } = useRights();
  const [dialog, setDialog] = useState<"edit" | "delete" | "revoke" | null>(null);
  const put = (changed: Application) => {
    client.setQueryData(["application", id], changed);
    void client.invalidateQueries({ queryKey: ["applications"] });
    void client.invalidateQueries({ queryKey: ["application", id, "meters"] });
  };
  const turn = async (isOn: boolean) => {
    const before = application.data!;
    put({ ...before, state: isOn ? "active" : "disabled" });
    try {
      put(await switchApplication(id, isOn));
      say(`${before.name} ${isOn ? "enabled" : "disabled: all its tokens are refused"}`, { label: "Undo", run: () => void turn(!isOn) });
    } catch (error) {
      put(before);
      complain(error);
    }
  };
  return (
    <Page
      documentTitle={application.data?.name ?? "Application"}
      crumb={{ label: "Applications", href: "/applications" }}
      title={<span className="row-wrap">{application.data?.name ?? "Application"} {application.data && <span className="small"><State value={application.data.state} /></span>}</span>}
      lead={application.data && <>Created <When value={application.data.created_at} /> by <By actor={application.data.created_by} /></>}
      acts={application.data && reaches("applications.write", application.data.team_id) && (
        <>
          <Button variant="default" onClick={() => void turn(application.data.state !== "active")}>{application.data.state === "active" ? "Disable" : "Enable"}</Button>
          <Button variant="default" onClick={() => setDialog("edit")}>Edit</Button>
          <More acts={[
            may("tokens.write") && { label: "Revoke all its tokens…", run: () => setDialog("revoke") },
            { label: "Delete…", run: () => setDialog("delete") },
          ]} />
        </>
      )}
    >
      <Loaded query={application} rows={10}>
        {(found) => (
          <>
            <div className="columns">
              <SharedLimits id={id} />
              {may("tokens.read") && <OwnTokens id={id} />}
            </div>
            <OwnRights owner={{ level: "application", id }} name={found.name} note="They hold for all its tokens." canEdit={reaches("applications.write", found.team_id)} />
            <Traffic range={range} filters={{ application: id }} empty="No call by this application in this time." />
            <OwnUse range={range} filters={{ application: id }} by={["model", "token"]} />
            {dialog === "edit" && <ApplicationForm application={found} close={() => setDialog(null)} done={put} />}
            {dialog === "revoke" && <RevokeAll whose={{ kind: "application", id }} name={found.name} close={() => setDialog(null)} />}
            {dialog === "delete" && (
              <Confirm title="Delete this application" act="Delete" typed={found.name} close={() => setDialog(null)}
                run={() => deleteApplication(id).then(() => { say(`${found.name} deleted`); void client.invalidateQueries({ queryKey: ["applications"] }); go("/applications"); }, complain)}>
                Its shared limits and budgets go with it, and this cannot be undone. Its past usage stays.
              </Confirm>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function SharedLimits({ id }: { id: string }) {
  const meters = useApplicationMeters(id);
  const { may } = useRights();
  if (may("limits.read")) return <OwnedLimits level="application" id={id} title="Shared limits and budgets" />;
  return <Panel title="Shared limits and budgets"><Loaded query={meters} rows={3}>{(found) => <LimitBars meters={found} />}</Loaded></Panel>;
}

function OwnTokens({ id }: { id: string }) {
  const { may } = useRights();
  const tokens = useTokens({ application_id: id }, 10);
  const paged = usePaged(tokens);
  return (
    <Panel title="Tokens" flush acts={may("tokens.write", "team") && <Link className="small" href={`/tokens/new?application=${id}`}>New token</Link>} foot={paged.foot || undefined}>
      <Loaded query={tokens} rows={3}>
        {() =>
          paged.rows.length ? (
            <Table label="Tokens of this application" rows={paged.rows} keyOf={(token) => token.id} hrefOf={(token) => `/tokens/${token.id}`} columns={[
              { id: "name", title: "Name", show: (token) => <Link href={`/tokens/${token.id}`}>{token.name}</Link> },
              { id: "state", title: "State", show: (token) => <TokenState token={token} /> },
              { id: "calls", title: "Calls", isEnd: true, show: (token) => count(token.calls_total ?? 0) },
              { id: "used", title: "Last used", show: (token) => <Ago value={token.last_used_at} /> },
            ]} />
          ) : (
            <p className="chart-empty">No token belongs to this application yet.</p>
          )
        }
      </Loaded>
    </Panel>
  );
}
