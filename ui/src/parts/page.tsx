/** The skeleton of every page: title, lead, acts; panels; loading, empty and error states. */
import { useEffect, type ReactNode } from "react";
import { Link } from "wouter";
import { Button } from "@mantine/core";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import { Problem } from "../api/client";

export function Page({ title, documentTitle, lead, acts, crumb, narrow = false, children }: {
  title: ReactNode; documentTitle?: string; lead?: ReactNode; acts?: ReactNode; crumb?: { label: string; href: string }; narrow?: boolean; children: ReactNode;
}) {
  const name = documentTitle ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = name ? `${name} · Tollway` : "Tollway";
  }, [name]);
  return (
    <div className={narrow ? "page page-narrow" : "page"}>
      <header className="page-head">
        <div className="grow">
          {crumb && (
            <nav className="crumbs" aria-label="Breadcrumb"><Link href={crumb.href}>{crumb.label}</Link><span aria-hidden="true">/</span></nav>
          )}
          <h1>{title}</h1>
          {lead && <p className="page-lead">{lead}</p>}
        </div>
        {acts && <div className="row-wrap">{acts}</div>}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, acts, note, flush = false, foot, children }: { title?: ReactNode; acts?: ReactNode; note?: ReactNode; flush?: boolean; foot?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel">
      {(title || acts) && <div className="panel-head">{title && <h2>{title}</h2>}{acts}</div>}
      {note && <p className="panel-note">{note}</p>}
      <div className={flush ? (title || acts ? "panel-body-flush" : "") : title || acts ? "panel-body" : "panel-body panel-body-alone"}>{children}</div>
      {foot && <div className="panel-foot">{foot}</div>}
    </section>
  );
}

export function Skeleton({ height = 16, width = "100%" }: { height?: number; width?: number | string }) {
  return <span className="skeleton" style={{ height, width }} aria-hidden="true" />;
}

export function Loading({ rows = 4, height = 18 }: { rows?: number; height?: number }) {
  return (
    <div className="stack-small" role="status" aria-label="Loading" style={{ padding: "14px 16px" }}>
      {Array.from({ length: rows }, (_, index) => <Skeleton key={index} height={height} width={`${92 - ((index * 17) % 40)}%`} />)}
    </div>
  );
}

export function Empty({ icon, title, children, act }: { icon?: ReactNode; title: string; children: ReactNode; act?: ReactNode }) {
  return (
    <div className="empty">
      {icon}
      <h2>{title}</h2>
      <p>{children}</p>
      {act}
    </div>
  );
}

/** In the place of a page or act that a link leads to and that one may not do: what it needs, and whom to ask. */
export function NotAllowed({ permission }: { permission: string }) {
  return (
    <Page narrow title="You may not do this">
      <Panel>
        <Empty title="Your role does not permit it">
          This needs the permission <code>{permission}</code>. An owner or administrator can give you a role that has it.
        </Empty>
        <p style={{ textAlign: "center" }}><Link href="/">To the home page</Link></p>
      </Panel>
    </Page>
  );
}

/** What went wrong, what to do, and a way to try again. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof Problem ? error : null;
  return (
    <div className="problem" role="alert">
      <IconAlertTriangle size={18} color="var(--bad)" />
      <div className="grow stack-small">
        <strong>{problem?.title ?? "This could not be shown"}</strong>
        <p>{problem ? problem.detail || adviceFor(problem.status) : String(error)}</p>
        <div className="row-wrap small muted">
          {retry && <Button variant="default" size="compact-sm" onClick={retry}>Try again</Button>}
          {problem?.code && <span className="mono">{problem.code}</span>}
          {problem?.requestId && <span className="mono">{problem.requestId}</span>}
        </div>
      </div>
    </div>
  );
}

function adviceFor(status: number): string {
  if (status === 404) return "It does not exist, or was deleted. Go back to the list and look again.";
  if (status === 403) return "Your role does not allow this. Ask an administrator.";
  if (status >= 500) return "This is on the console's side. Tokens keep working; try again in a moment, and see the server's log if it stays.";
  return "Reload the page and try again.";
}

/** One query as a page part: skeleton, problem with retry, or its content. */
export function Loaded<T>({ query, rows, children }: { query: { data: T | undefined; error: unknown; refetch: () => unknown }; rows?: number; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}
