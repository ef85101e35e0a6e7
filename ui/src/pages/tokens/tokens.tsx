/** All tokens: search and filters in the URL, keyset pages, bulk acts. */
import { useEffect, useMemo, useState } from "react";
import { Button, Select } from "@mantine/core";
import { Link } from "wouter";
import IconKey from "@tabler/icons-react/dist/esm/icons/IconKey.mjs";
import { useApplications } from "../../api/applications";
import { useRights } from "../../api/rights";
import { useTokens, type TokenAct } from "../../api/tokens";
import type { Token, TokenJobInput } from "../../api/types";
import { useQueryPart } from "../../frame/range";
import { count, plural } from "../../format/numbers";
import { DAY } from "../../format/time";
import { Confirm } from "../../parts/confirm";
import { limitsInWords, rightsInWords } from "../../parts/limits";
import { Empty, Loading, Page, Panel, Trouble } from "../../parts/page";
import { SearchBox } from "../../parts/search";
import { Chip, Table, useColumns, usePaged, type Column } from "../../parts/table";
import { Ago, State, When } from "../../parts/words";
import { BulkDialog } from "../bulk/dialog";
import { useTokenActs } from "./acts";
import { RevokeAll } from "./revoke_all";

export default function Tokens() {
  const [params, change] = useQueryPart();
  const filters = useMemo(
    () => ({ state: params.get("state") ?? "", application_id: params.get("application") ?? "", search: params.get("search") ?? "", sort: params.get("sort") ?? "" }),
    [params],
  );
  const tokens = useTokens(filters);
  const paged = usePaged(tokens);
  const { may, reaches } = useRights();
  const [isMany, setMany] = useState(false);
  const [isRevoking, setRevoking] = useState(false);
  const applications = useApplications().data?.items ?? [];
  const { columns, menu } = useColumns("tokens", COLUMNS);
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const { reset } = paged;
  useEffect(() => {
    reset();
    setChosen(new Set());
  }, [filters]); // a new list begins at its first page
  const hasFilters = Boolean(filters.state || filters.search || filters.application_id);
  const picked = paged.rows.filter((token) => chosen.has(token.id));
  return (
    <Page title="Tokens" lead="What applications present instead of a provider's key. Each has its own rights, limits and budget, and can be ended at once." acts={<>{may("tokens.write", "all") && <Button variant="default" onClick={() => setRevoking(true)}>Revoke all…</Button>}{may("bulk.write") && <Button variant="default" onClick={() => setMany(true)}>Change many…</Button>}{may("tokens.write") && <Button component={Link} href="/tokens/new">New token</Button>}</>}>
      <Panel flush foot={paged.foot || undefined}>
        <div className="table-tools">
          <SearchBox label="Search by name or id" placeholder="Name or id" width={230} />
          <Select size="xs" w={120} aria-label="Filter by state" placeholder="State" clearable data={["active", "disabled", "expired", "revoked"]} value={filters.state || null} onChange={(state) => change({ state })} />
          <Select size="xs" w={160} aria-label="Filter by application" placeholder="Application" clearable searchable data={applications.map((item) => ({ value: item.id, label: item.name }))} value={filters.application_id || null} onChange={(application) => change({ application })} />
          <Select size="xs" w={130} aria-label="Order" allowDeselect={false} data={[{ value: "newest", label: "Newest first" }, { value: "oldest", label: "Oldest first" }]} value={filters.sort || "newest"} onChange={(sort) => change({ sort: sort === "newest" ? null : sort })} />
          {filters.search && <Chip label="begins with" value={filters.search} clear={() => change({ search: null })} />}
          <span className="grow" />
          {menu}
        </div>
        {picked.length > 0 && picked.every((token) => reaches("tokens.write", token.team_id, token.owner_id)) && <Bulk picked={picked} clear={() => setChosen(new Set())} />}
        {tokens.error && !tokens.data ? <div style={{ padding: 16 }}><Trouble error={tokens.error} retry={() => void tokens.refetch()} /></div> : !tokens.data ? <Loading rows={8} /> : paged.rows.length ? (
          <Table label="Tokens" columns={columns} rows={paged.rows} keyOf={(token) => token.id} hrefOf={(token) => `/tokens/${token.id}`}
            selection={!may("tokens.write") ? undefined : { chosen, set: setChosen, nameOf: (key) => paged.rows.find((token) => token.id === key)?.name ?? key }} />
        ) : hasFilters ? (
          <Empty title="No token matches">The search looks at the beginning of names and ids. Remove a filter, or paste a whole token: only its public id is looked up.</Empty>
        ) : (
          <Empty icon={<IconKey size={30} stroke={1.4} />} title="No token yet" act={may("tokens.write") && <Button component={Link} href="/tokens/new" size="sm">Create the first token</Button>}>
            A token is a secret of the gateway, shown once. Give each application its own: then you see what each one uses, can bound it, and can end it without touching the others.
          </Empty>
        )}
      </Panel>
      {isRevoking && <RevokeAll whose={{ kind: "installation", id: "" }} name="the installation" close={() => setRevoking(false)} />}
      {isMany && <BulkDialog filter={{ state: (filters.state || undefined) as TokenJobInput["filter"]["state"], application_id: filters.application_id || undefined, search: filters.search || undefined }} close={() => setMany(false)} />}
    </Page>
  );
}

const COLUMNS: Column<Token>[] = [
  { id: "name", title: "Name", isFixed: true, show: (token) => <Link href={`/tokens/${token.id}`} className="nowrap">{token.name}</Link> },
  { id: "state", title: "State", isFixed: true, show: (token) => <TokenState token={token} /> },
  { id: "id", title: "Token", show: (token) => <span className="mono muted nowrap">{token.masked}</span> },
  { id: "application", title: "Application", show: (token) => (token.application_id ? <span className="nowrap">{token.application_name ?? token.application_id}</span> : <span className="muted">none</span>) },
  { id: "environment", title: "Environment", isHidden: true, show: (token) => token.environment },
  { id: "models", title: "Models", isHidden: true, show: (token) => rightsInWords(token.models, "model") },
  { id: "limits", title: "Limits", show: (token) => <span className="soft limits-words" title={limitsInWords(token.limits)}>{limitsInWords(token.limits)}</span> },
  { id: "plan", title: "Plan", isHidden: true, show: (token) => (token.plan_id ? <Link href={`/plans/${token.plan_id}`}>{token.plan_name ?? token.plan_id}</Link> : <span className="muted">none</span>) },
  { id: "calls", title: "Calls", isEnd: true, show: (token) => count(token.calls_total ?? 0) },
  { id: "used", title: "Last used", show: (token) => <Ago value={token.last_used_at} /> },
  { id: "expires", title: "Expires", show: (token) => <When value={token.expires_at} none="never" /> },
  { id: "created", title: "Created", isHidden: true, show: (token) => <When value={token.created_at} /> },
];

export function TokenState({ token }: { token: Token }) {
  const soon = token.state === "active" && token.expires_at && Date.parse(token.expires_at) - Date.now() < 7 * DAY;
  if (soon) return <State value="expiring">Expires <Ago value={token.expires_at} /></State>;
  return <State value={token.state} />;
}

function Bulk({ picked, clear }: { picked: Token[]; clear: () => void }) {
  const act = useTokenActs();
  const [isAsking, setAsking] = useState(false);
  const active = picked.filter((token) => token.state === "active");
  const disabled = picked.filter((token) => token.state === "disabled");
  const alive = picked.filter((token) => token.state !== "revoked");
  const run = async (tokens: Token[], name: TokenAct) => {
    clear();
    await act(tokens, name);
  };
  return (
    <div className="bulk" role="group" aria-label="Acts on the selected tokens">
      <strong>{plural(picked.length, "token")} selected</strong>
      <Button variant="default" disabled={!active.length} onClick={() => void run(active, "disable")}>Disable</Button>
      <Button variant="default" disabled={!disabled.length} onClick={() => void run(disabled, "enable")}>Enable</Button>
      <Button variant="default" disabled={!alive.length} onClick={() => setAsking(true)}>Revoke…</Button>
      <Button variant="subtle" onClick={clear}>Clear</Button>
      {isAsking && (
        <Confirm title={`Revoke ${plural(alive.length, "token")}`} act="Revoke" typed={`revoke ${alive.length}`} close={() => setAsking(false)} run={() => run(alive, "revoke")}>
          Their next call is refused, and this cannot be undone: {alive.slice(0, 5).map((token) => token.name).join(", ")}{alive.length > 5 && ` and ${alive.length - 5} more`}.
        </Confirm>
      )}
    </div>
  );
}
