/** The name of a team, application, role or token that something is for, as a link where it has a page. */
import { Link } from "wouter";
import { useApplications, useTeams } from "../api/applications";
import { useRoles } from "../api/people";
import { useRights } from "../api/rights";
import { useToken } from "../api/tokens";

type Asked = { id: string; isPlain?: boolean };

/** `isPlain`: the name alone, without link and kind. */
export function OwnerName({ kind, ...asked }: Asked & { kind: string }) {
  if (kind === "team") return <OfTeam {...asked} />;
  if (kind === "application") return <OfApplication {...asked} />;
  if (kind === "role") return <OfRole {...asked} />;
  if (kind === "token") return <OfToken {...asked} />;
  return <>all tokens</>;
}

function Named({ kind, name, href, isPlain }: { kind: string; name: string; href: string; isPlain?: boolean }) {
  if (isPlain) return <>{name}</>;
  return <span className="nowrap"><Link href={href}>{name}</Link> <span className="muted small">{kind}</span></span>;
}

function OfTeam({ id, isPlain }: Asked) {
  return <Named isPlain={isPlain} kind="team" href={`/teams/${id}`} name={useTeams().data?.items.find((item) => item.id === id)?.name ?? id} />;
}

function OfApplication({ id, isPlain }: Asked) {
  return <Named isPlain={isPlain} kind="application" href={`/applications/${id}`} name={useApplications().data?.items.find((item) => item.id === id)?.name ?? id} />;
}

function OfRole({ id, isPlain }: Asked) {
  const { may } = useRights();
  return <Named isPlain={isPlain} kind="role" href="/roles" name={useRoles(may("roles.read")).data?.items.find((item) => item.id === id)?.name ?? id} />;
}

function OfToken({ id, isPlain }: Asked) {
  return <Named isPlain={isPlain} kind="token" href={`/tokens/${id}`} name={useToken(id, 60_000).data?.name ?? id} />;
}
