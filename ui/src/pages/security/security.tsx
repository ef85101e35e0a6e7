/** Security: the inbox of what was noticed and reported, what is watched for, and decoys. */
import { useQueryPart } from "../../frame/range";
import { useRights } from "../../api/rights";
import { useSecuritySummary } from "../../api/security";
import { Page } from "../../parts/page";
import { Tabs } from "../../parts/tabs";
import { Decoys } from "./decoys";
import { Inbox } from "./inbox";
import { Rules } from "./rules";

type Tab = "inbox" | "rules" | "decoys";

export default function Security() {
  const [params, change] = useQueryPart();
  const { may } = useRights();
  const addresses = useSecuritySummary(true).data?.addresses;
  const tab = (params.get("tab") ?? "inbox") as Tab;
  const tabs: { key: Tab; label: string }[] = [{ key: "inbox", label: "Inbox" }, { key: "rules", label: "Rules" }, { key: "decoys", label: "Decoys" }];
  return (
    <Page title="Security" lead="Misuse of tokens is found by their own past and acted on by your rules. What a rule did can be undone; all of it is in the audit log.">
      {addresses === "none" && (
        <p role="note" className="panel-note">Callers' addresses are not recorded, so use from other networks, and who guesses tokens, is not noticed. Keyed hashes in their place are enough: set <code>gateway.hash_addresses</code>.</p>
      )}
      <Tabs label="Security" tabs={tabs} value={tab} onChange={(key) => change({ tab: key === "inbox" ? null : key })}>
        {tab === "rules" ? <Rules mayChange={may("security.write")} /> : tab === "decoys" ? <Decoys mayChange={may("security.write")} /> : <Inbox mayAct={may("security.write")} />}
      </Tabs>
    </Page>
  );
}
