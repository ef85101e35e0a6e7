/** What was changed lately and by whom: one line an act, from the audit log. */
import { Link } from "wouter";
import { useLatestActs } from "../../api/audit_log";
import type { AuditEntry } from "../../api/types";
import { Loaded, Panel } from "../../parts/page";
import { Ago } from "../../parts/words";

const SHOWN = 8;
const PAGES: Record<string, string> = { token: "tokens", application: "applications", service: "services", provider: "providers", user: "people", team: "teams" };
const ACTS: Record<string, string> = {
  "audit.begin": "began the audit log", "setup.link": "made a set-up link", "setup.finish": "set Tollway up", "session.begin": "signed in", "session.end": "ended a session",
  "backup.create": "made a backup", "provider.test": "tested provider", "member.join": "let into a team:", "member.leave": "took out of a team:", "security.report": "reported a leaked token", "security.rules": "changed the rules of security", "lifetime.set": "set how long tokens live:", "lifetime.remove": "removed the rule of lifetimes:", "alert.acknowledge": "acknowledged", "alert.reopen": "reopened",
  "user.reset": "made a new sign-in link for",
};

export function Events() {
  const latest = useLatestActs(SHOWN);
  return (
    <Panel title="Latest changes" flush acts={<Link href="/audit" className="small">All of them</Link>}>
      <Loaded query={latest}>
        {({ items }) => (
          <ul aria-label="Latest changes">
            {items.map((entry) => (
              <li key={entry.seq} className="feed event">
                <span className="grow clip"><b>{entry.actor_name || "Somebody"}</b> {inWords(entry)} <Subject entry={entry} /> {entry.outcome === "refused" && <span className="tag tag-bad">refused</span>}</span>
                <span className="muted small"><Ago value={entry.at} /></span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

/** The object's name, as a link where it has a page and still exists. */
function Subject({ entry }: { entry: AuditEntry }) {
  const name = entry.object_name || entry.object_id;
  const page = PAGES[entry.kind];
  if (entry.kind === "session" || entry.kind === "setup") return null;
  if (!page || !entry.object_id || entry.action.endsWith(".delete")) return <span className="muted">{name}</span>;
  return <Link href={`/${page}/${entry.object_id}`}>{name}</Link>;
}

/** `token.disable` as "disabled token", or "tried to disable token" when it was refused. */
function inWords({ action, outcome }: AuditEntry): string {
  const [kind, act = ""] = action.split(".");
  if (outcome === "refused" && action === "session.begin") return "tried to sign in as";
  // What was refused before it was known what it is about is called by its operation: "POST create_provider".
  const operation = /^[A-Z]+ ([a-z_]+)$/.exec(action)?.[1];
  if (operation) return `tried to ${operation.replaceAll("_", " ")}`;
  if (outcome === "refused") return `tried to ${act.replaceAll("_", " ")} ${kind.replaceAll("_", " ")}`;
  return ACTS[action] ?? `${past(act)} ${kind.replaceAll("_", " ")}`;
}

const IRREGULAR: Record<string, string> = { set: "set", put: "set", undo: "undid", end_overlap: "ended the overlap of", cancel_rotation: "cancelled the rotation of", top_up: "topped up" };

const past = (act: string): string => IRREGULAR[act] ?? (act.endsWith("e") ? `${act}d` : act.endsWith("y") ? `${act.slice(0, -1)}ied` : `${act}ed`);
