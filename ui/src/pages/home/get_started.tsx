/** Provider, token, call, arrival: until the first call has been seen. */
import { Button } from "@mantine/core";
import { Link } from "wouter";
import IconCircle from "@tabler/icons-react/dist/esm/icons/IconCircle.mjs";
import IconCircleCheck from "@tabler/icons-react/dist/esm/icons/IconCircleCheck.mjs";
import { useGateway } from "../../api/gateway";
import { useLive } from "../../api/live";
import { useModels } from "../../api/upstreams";
import type { Checklist } from "../../api/types";
import { Panel } from "../../parts/page";
import { Snippets } from "../../parts/snippets";

const ACTS: Record<string, { label: string; href: string }> = {
  provider: { label: "Add a provider", href: "/providers/new" },
  token: { label: "Create a token", href: "/tokens/new" },
};

export function GetStarted({ checklist }: { checklist: Checklist }) {
  const gateway = useGateway().data;
  const model = useModels().data?.items[0]?.name ?? "gpt-4o-mini";
  const arrived = useLive().calls[0];
  const next = checklist.steps.find((step) => !step.done);
  return (
    <Panel title="Get started" acts={<span className="muted small">{checklist.steps.filter((step) => step.done).length} of {checklist.steps.length} done</span>} flush>
      <ol>
        {checklist.steps.map((step) => (
          <li key={step.id} className="get-started-step">
            {step.done ? <IconCircleCheck size={19} color="var(--ok)" aria-label="Done" /> : <IconCircle size={19} color="var(--muted)" aria-label="To do" />}
            <div className="grow stack-small">
              <div>
                <strong>{step.title}</strong>
                <p className="muted">{step.detail}</p>
              </div>
              {!step.done && ACTS[step.id] && <div><Button component={Link} href={ACTS[step.id].href} variant={step === next ? "filled" : "default"}>{ACTS[step.id].label}</Button></div>}
              {step.id === "first_call" && !step.done && gateway && (
                <>
                  <Snippets url={gateway.gateway_url} token="YOUR_TOKEN" model={model} />
                  <p className="state" role="status">{arrived ? `Arrived: ${arrived.model || arrived.route}, status ${arrived.status}` : "Waiting for the first call; it appears here the moment it ends"}</p>
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
