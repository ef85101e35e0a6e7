/** One's own account: where one is signed in, one's password, one's tokens. */
import { useState } from "react";
import { Button, PasswordInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { changePassword, endOtherSessions, endOwnSession, useOwnSessions } from "../../api/account";
import { useSession } from "../../api/gateway";
import { useTeams } from "../../api/applications";
import { useRights } from "../../api/rights";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { useSending } from "../../parts/form";
import { Loaded, Page, Panel, Trouble } from "../../parts/page";
import { Table } from "../../parts/table";
import { Ago, When } from "../../parts/words";
import { OwnTokens } from "./person";

const PASSWORD_MIN = 12;

export default function Account() {
  const session = useSession().data;
  const { may, userId } = useRights();
  const teams = (useTeams().data?.items ?? []).filter((team) => session?.team_ids.includes(team.id));
  return (
    <Page title="Your account" lead={session && <>{session.user.name} · {session.user.role_name}{teams.length > 0 && <> · {teams.map((team) => team.name).join(", ")}</>}</>}>
      <div className="columns">
        <Sessions />
        <Password />
      </div>
      {may("tokens.read") && userId && <OwnTokens id={userId} title="Your own tokens" acts={may("tokens.write") && <Link className="small" href="/tokens/new">New token</Link>} />}
    </Page>
  );
}

function Sessions() {
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
            { id: "what", title: "Browser", show: (one) => <span title={one.agent}>{browserOf(one.agent)} {one.is_current && <span className="tag tag-accent">this one</span>}</span> },
            { id: "address", title: "Address", show: (one) => <span className="mono">{one.address}</span> },
            { id: "seen", title: "Last used", show: (one) => <Ago value={one.last_seen_at} /> },
            { id: "since", title: "Since", show: (one) => <When value={one.created_at} /> },
            { id: "act", title: "Act", isEnd: true, show: (one) => !one.is_current && <Button variant="subtle" size="compact-sm" aria-label={`Sign out ${browserOf(one.agent)} at ${one.address}`} onClick={() => end(one.id)}>Sign out</Button> },
          ]} />
        )}
      </Loaded>
    </Panel>
  );
}

/** The browser's own name for itself, in a word or two. */
function browserOf(agent: string): string {
  const name = /(Firefox|Edg|OPR|Chrome|Safari|curl)\/([0-9]+)/.exec(agent);
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(agent)?.[1].replace("Mac OS X", "macOS");
  const words = { Edg: "Edge", OPR: "Opera" }[name?.[1] ?? ""] ?? name?.[1];
  return [words, system && `on ${system}`].filter(Boolean).join(" ") || agent.slice(0, 40) || "unknown";
}

function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { isBusy, problem, errors, send } = useSending(["account"]);
  const save = async () => {
    const isDone = await send(() => changePassword(current, next));
    if (!isDone) return;
    setCurrent("");
    setNext("");
    say("The new password counts from now on; you are signed out everywhere else");
  };
  return (
    <Panel title="Password">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !errors.current && !errors.new && <Trouble error={problem} />}
        <PasswordInput label="Current password" required value={current} onChange={(event) => setCurrent(event.currentTarget.value)} error={errors.current} autoComplete="current-password" />
        <PasswordInput label="New password" description="At least 12 characters. A few unrelated words are easier to remember than symbols." required minLength={PASSWORD_MIN} value={next} onChange={(event) => setNext(event.currentTarget.value)} error={errors.new} autoComplete="new-password" />
        <div className="row-end"><Button type="submit" variant="default" loading={isBusy} disabled={!current || next.length < PASSWORD_MIN}>Change the password</Button></div>
      </form>
    </Panel>
  );
}
