/** Where one is signed in, and signing out there. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { endOtherSessions, endOwnSession, useOwnSessions } from "../../api/account";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { Loaded, Panel } from "../../parts/page";
import { Table } from "../../parts/table";
import { Ago, When } from "../../parts/words";

const BY = { password: "password", link: "one-time link", totp: "code", recovery: "recovery code", passkey: "passkey" };

export function Sessions() {
  const sessions = useOwnSessions();
  const client = useQueryClient();
  const fresh = () => void client.invalidateQueries({ queryKey: ["account"] });
  const end = (id: string) => void endOwnSession(id).then(() => { fresh(); say("Signed out there"); }, complain);
  const endOthers = () => void endOtherSessions().then((ended) => { fresh(); say(`Signed out of ${plural(ended.sessions, "other place")}`); }, complain);
  const hasOthers = (sessions.data?.items.length ?? 0) > 1;
  return (
    <Panel title="Where you are signed in" flush acts={hasOthers && <Button variant="default" size="compact-sm" onClick={endOthers}>Sign out everywhere else</Button>}>
      <Loaded query={sessions} rows={4}>
        {({ items }) => (
          <Table label="Where you are signed in" rows={items} keyOf={(one) => one.id} columns={[
            { id: "what", title: "Browser", show: (one) => <span className="nowrap" title={one.agent}>{browserOf(one.agent)} {one.is_current && <span className="tag tag-accent">this one</span>}</span> },
            { id: "address", title: "Address", show: (one) => <span className="mono">{one.address}</span> },
            { id: "by", title: "By", show: (one) => BY[one.method] },
            { id: "seen", title: "Last used", show: (one) => <Ago value={one.last_seen_at} /> },
            { id: "since", title: "Since", show: (one) => <When value={one.created_at} /> },
            { id: "act", title: "Acts", isEnd: true, show: (one) => !one.is_current && <Button variant="subtle" size="compact-sm" aria-label={`Sign out ${browserOf(one.agent)} at ${one.address}`} onClick={() => end(one.id)}>Sign out</Button> },
          ]} />
        )}
      </Loaded>
    </Panel>
  );
}

/** The browser's own name for itself, in a word or two. */
export function browserOf(agent: string): string {
  const name = /(Firefox|Edg|OPR|Chrome|Safari|curl)\/([0-9]+)/.exec(agent);
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(agent)?.[1].replace("Mac OS X", "macOS");
  const words = { Edg: "Edge", OPR: "Opera" }[name?.[1] ?? ""] ?? name?.[1];
  return [words, system && `on ${system}`].filter(Boolean).join(" ") || agent.slice(0, 40) || "unknown";
}
