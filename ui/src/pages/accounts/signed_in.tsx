/** Where somebody is signed in, for who may see and end that. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRights } from "../../api/rights";
import { endSessionOf, endSessionsOf, useSessionsOf } from "../../api/service_accounts";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { Loaded, Panel } from "../../parts/page";
import { Table } from "../../parts/table";
import { Ago, When } from "../../parts/words";
import { browserOf } from "./sessions";

export function SignedIn({ id, name }: { id: string; name: string }) {
  const sessions = useSessionsOf(id);
  const client = useQueryClient();
  const { may } = useRights();
  const fresh = () => void client.invalidateQueries({ queryKey: ["user", id, "sessions"] });
  const end = (session: string) => void endSessionOf(id, session).then(() => { fresh(); say(`${name} is signed out there`); }, complain);
  const endAll = () => void endSessionsOf(id).then((ended) => { fresh(); say(`${name}: ${plural(ended.sessions, "session")} ended`); }, complain);
  const canEnd = may("sessions.write");
  return (
    <Panel title="Signed in" flush acts={canEnd && Boolean(sessions.data?.items.length) && <Button variant="subtle" size="compact-xs" onClick={endAll}>Sign out everywhere</Button>}>
      <Loaded query={sessions} rows={2}>
        {({ items }) =>
          items.length ? (
            <Table label={`Where ${name} is signed in`} rows={items} keyOf={(session) => session.id} columns={[
              { id: "address", title: "Address", show: (session) => <span className="mono">{session.address}</span> },
              { id: "agent", title: "Browser", show: (session) => <span className="nowrap" title={session.agent}>{browserOf(session.agent)}</span> },
              { id: "since", title: "Since", show: (session) => <When value={session.created_at} /> },
              { id: "used", title: "Last used", show: (session) => <Ago value={session.last_seen_at} /> },
              { id: "end", title: "Acts", isEnd: true, show: (session) => canEnd && <Button variant="default" size="compact-xs" aria-label={`Sign out ${session.id}`} onClick={() => end(session.id)}>Sign out</Button> },
            ]} />
          ) : (
            <p className="chart-empty">Nowhere.</p>
          )
        }
      </Loaded>
    </Panel>
  );
}
