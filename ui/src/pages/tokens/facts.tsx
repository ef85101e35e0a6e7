/** What is known of a token: owner, environment, rights, expiry, use. */
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useRights } from "../../api/rights";
import { useServices } from "../../api/upstreams";
import type { Token } from "../../api/types";
import { exact } from "../../format/numbers";
import { rightsInWords } from "../../parts/limits";
import { Panel } from "../../parts/page";
import { By } from "../../parts/actors";
import { Ago, When } from "../../parts/words";
import { scopesInWords } from "./scopes";

export function Facts({ token, edit }: { token: Token; edit?: () => void }) {
  const { may } = useRights();
  const services = useServices().data?.items ?? [];
  const named = token.services?.map((id) => services.find((service) => service.id === id)?.name ?? id) ?? null;
  return (
    <Panel title="Token" acts={edit && token.state !== "revoked" && <Button variant="subtle" size="compact-xs" onClick={edit}>Edit rights</Button>}>
      <dl className="facts">
        <dt>Application</dt><dd>{token.application_id ? <Link href={`/applications/${token.application_id}`}>{token.application_name ?? token.application_id}</Link> : "none"}</dd>
        {token.owner_id && <><dt>Belongs to</dt><dd>{token.owner_id.startsWith("sva_") ? <><Link href={`/service-accounts/${token.owner_id}`}>{token.owner_name ?? token.owner_id}</Link> <span className="muted">(service account)</span></> : <Link href={`/people/${token.owner_id}`}>{token.owner_name ?? token.owner_id}</Link>}</dd></>}
        <dt>Environment</dt><dd>{token.environment}</dd>
        <dt>Models</dt><dd>{token.models && token.models.length ? token.models.join(", ") : rightsInWords(token.models, "model")}</dd>
        <dt>Services</dt><dd>{named && named.length ? named.join(", ") : rightsInWords(named, "service")}</dd>
        {token.scopes.length > 0 && <><dt>May manage</dt><dd>{scopesInWords(token.scopes)}</dd></>}
        <dt>Expires</dt><dd><When value={token.expires_at} none="never" /> {token.expires_at && <span className="muted">(<Ago value={token.expires_at} />)</span>}</dd>
        <dt>Created</dt><dd><When value={token.created_at} /> <span className="muted">by <By actor={token.created_by} /></span></dd>
        <dt>First used</dt><dd><When value={token.first_used_at} none="never" /></dd>
        <dt>Last used</dt><dd><Ago value={token.last_used_at} />{token.last_address && <span className="muted"> from {token.last_address}{token.last_agent && ` with ${token.last_agent}`}</span>}</dd>
        <dt>Calls</dt><dd><Link href={`/calls?token=${token.id}`}>{exact(token.calls_total ?? 0)} in all</Link></dd>
        {may("audit.read") && token.scopes.length > 0 && <><dt>Managed</dt><dd><Link href={`/audit?token_id=${token.id}`}>What it did at this console’s API</Link></dd></>}
      </dl>
    </Panel>
  );
}
