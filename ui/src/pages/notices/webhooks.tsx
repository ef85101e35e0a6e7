/** Webhooks and mail: who is told what happens, and how mail is sent. */
import { useState } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import IconWebhook from "@tabler/icons-react/dist/esm/icons/IconWebhook.mjs";
import { useWebhooks, type Webhook } from "../../api/notices";
import { useRights } from "../../api/rights";
import { count } from "../../format/numbers";
import { Empty, Loaded, Page, Panel } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { Ago, State } from "../../parts/words";
import { WebhookForm } from "./form";
import { Mail } from "./mail";

export default function Webhooks() {
  const webhooks = useWebhooks();
  const { may } = useRights();
  const [isAdding, setAdding] = useState(false);
  const add = may("notices.write") && <Button onClick={() => setAdding(true)}>Add a webhook</Button>;
  return (
    <Page title="Webhooks" lead="Tollway tells your systems what happens in it: signed requests, tried again for a day, each under an id of its own." acts={add}>
      <Panel flush>
        <Loaded query={webhooks} rows={4}>
          {({ items }) =>
            items.length ? (
              <Table label="Webhooks" columns={COLUMNS} rows={items} keyOf={(webhook) => webhook.id} hrefOf={(webhook) => `/webhooks/${webhook.id}`} />
            ) : (
              <Empty icon={<IconWebhook size={30} stroke={1.4} />} title="Nobody is told yet" act={add}>
                Add the address of a system of yours. It hears of revoked tokens, budgets near their end, failing providers and people who come and go, as they happen.
              </Empty>
            )
          }
        </Loaded>
      </Panel>
      <Mail />
      {isAdding && <WebhookForm close={() => setAdding(false)} />}
    </Page>
  );
}

/** The state of a webhook in one word: off, failing since its latest attempt, or on. */
export function WebhookState({ webhook }: { webhook: Webhook }) {
  if (webhook.state === "disabled") return <State value="disabled">{webhook.disabled_reason ? "Switched off" : "Disabled"}</State>;
  const isFailing = webhook.failed_at !== null && (webhook.delivered_at === null || webhook.failed_at > webhook.delivered_at);
  return isFailing ? <State value="failing">Failing</State> : <State value="enabled">Enabled</State>;
}

export const eventsInWords = (webhook: Webhook) => (webhook.events === null ? "all events" : webhook.events.join(", "));

const COLUMNS: Column<Webhook>[] = [
  { id: "name", title: "Name", isFixed: true, show: (webhook) => <Link href={`/webhooks/${webhook.id}`} className="nowrap">{webhook.name}</Link> },
  { id: "state", title: "State", show: (webhook) => <WebhookState webhook={webhook} /> },
  { id: "url", title: "Address", show: (webhook) => <span className="mono clip">{webhook.url}</span> },
  { id: "events", title: "Events", show: (webhook) => <span className="small">{eventsInWords(webhook)}</span> },
  { id: "pending", title: "Waiting", isEnd: true, show: (webhook) => count(webhook.pending) },
  { id: "delivered", title: "Delivered", show: (webhook) => <Ago value={webhook.delivered_at} /> },
];
