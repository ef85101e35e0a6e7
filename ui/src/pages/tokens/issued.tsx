/** The end of the wizard: the secret, once; how to use it; and a light that turns green with the first call. */
import { useEffect, useRef } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import IconCircleCheck from "@tabler/icons-react/dist/esm/icons/IconCircleCheck.mjs";
import { useGateway } from "../../api/gateway";
import { useLive } from "../../api/live";
import { useCalls } from "../../api/usage";
import { useModels } from "../../api/upstreams";
import type { components } from "../../api/schema";
import { duration, exact, money } from "../../format/numbers";
import { Page, Panel } from "../../parts/page";
import { Snippets } from "../../parts/snippets";
import { Copy, State, StatusTag } from "../../parts/words";

export type IssuedToken = components["schemas"]["IssuedOutput"];

export function Issued({ token }: { token: IssuedToken }) {
  const gateway = useGateway().data;
  const models = useModels().data?.items ?? [];
  const model = token.models?.[0] ?? models[0]?.name ?? "gpt-4o-mini";
  const heading = useRef<HTMLDivElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <Page narrow title={`${token.name} is ready`} crumb={{ label: "Tokens", href: "/tokens" }} acts={<Button component={Link} variant="default" href={`/tokens/${token.id}`}>Go to the token</Button>}>
      <Panel title="The token">
        <div className="stack-small" ref={heading} tabIndex={-1}>
          <div className="secret"><code>{token.token}</code><Copy text={token.token} label="Copy the token" /></div>
          <p className="row soft"><IconAlertTriangle size={16} color="var(--warn)" /> It is shown now and never again: only a keyed hash of it is stored. Put it where your application reads its secrets.</p>
        </div>
      </Panel>
      <Panel title="Make the first call">{gateway && <Snippets url={gateway.gateway_url} token={token.token} model={model} />}</Panel>
      <FirstCall id={token.id} />
    </Page>
  );
}

function FirstCall({ id }: { id: string }) {
  const live = useLive();
  const stored = useCalls({ token: id }, 1);
  const call = live.calls.findLast((entry) => entry.token_id === id) ?? stored.data?.pages[0]?.items[0];
  return (
    <div role="status" className={call ? "note note-ok" : "note"} data-arrived={Boolean(call)}>
      {call ? (
        <>
          <IconCircleCheck size={18} color="var(--ok)" />
          <span className="grow row-wrap">
            <b>The first call has arrived.</b> <StatusTag call={call} /> {call.model || call.service_name || call.route}
            <span className="muted">{exact(call.usage.input_tokens + call.usage.output_tokens)} tokens · {money(call.cost_usd)} · {duration(call.duration_us / 1000)}</span>
          </span>
          <Link href={`/calls/${call.request_id}`}>See it</Link>
        </>
      ) : (
        <State value="waiting">Waiting for the first call with this token…</State>
      )}
    </div>
  );
}
