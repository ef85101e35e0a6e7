/** One webhook: what it is told, its log of deliveries, and its acts. */
import { useEffect, useMemo, useState } from "react";
import { Button, Modal, SegmentedControl, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { Problem } from "../../api/client";
import { deleteWebhook, replaceSecret, resend, switchWebhook, testWebhook, useDeliveries, useEventKinds, useWebhook, type Delivery, type Webhook } from "../../api/notices";
import { useRights } from "../../api/rights";
import { useQueryPart } from "../../frame/range";
import { complain, say } from "../../frame/toasts";
import { count, duration, plural } from "../../format/numbers";
import { Confirm } from "../../parts/confirm";
import { Empty, Loaded, Loading, Page, Panel, Trouble } from "../../parts/page";
import { Table, usePaged, type Column } from "../../parts/table";
import { Ago, State, When } from "../../parts/words";
import { privateInWords } from "../upstreams/address";
import { DeliveryView } from "./delivery";
import { ShownSecret, WebhookForm } from "./form";
import { eventsInWords, WebhookState } from "./webhooks";

type Dialog = "edit" | "secret" | "delete" | null;
const STATES = [{ value: "", label: "All" }, { value: "pending", label: "Waiting" }, { value: "delivered", label: "Delivered" }, { value: "failed", label: "Failed" }];

export default function WebhookPage({ id }: { id: string }) {
  const webhook = useWebhook(id);
  const client = useQueryClient();
  const [, go] = useLocation();
  const { may } = useRights();
  const [dialog, setDialog] = useState<Dialog>(null);
  const [secret, setSecret] = useState("");
  const [isTesting, setTesting] = useState(false);
  const found = webhook.data;
  const fresh = () => ["webhook", "webhooks"].forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
  const test = async () => {
    setTesting(true);
    try {
      const tried = await testWebhook(id);
      if (tried.state === "delivered") say(`Taken in ${duration(tried.last_attempt?.milliseconds ?? 0)}`);
      else complain(new Problem(0, "", "It was not taken", tried.last_attempt?.detail ?? ""));
      fresh();
    } catch (error) {
      complain(error);
    } finally {
      setTesting(false);
    }
  };
  const turn = (isOn: boolean) => void switchWebhook(id, isOn).then(() => { fresh(); say(isOn ? "Enabled" : "Disabled", { label: "Undo", run: () => void switchWebhook(id, !isOn).then(fresh, complain) }); }, complain);
  const acts = found && may("notices.write") && (
    <>
      <Button loading={isTesting} onClick={() => void test()}>Send a test</Button>
      <Button variant="default" onClick={() => setDialog("edit")}>Edit</Button>
      <Button variant="default" onClick={() => turn(found.state === "disabled")}>{found.state === "disabled" ? "Enable" : "Disable"}</Button>
      <Button variant="default" onClick={() => setDialog("secret")}>Replace secret…</Button>
      <Button variant="default" onClick={() => setDialog("delete")}>Delete…</Button>
    </>
  );
  return (
    <Page documentTitle={found?.name ?? "Webhook"} crumb={{ label: "Webhooks", href: "/webhooks" }} title={<span className="row-wrap">{found?.name ?? "Webhook"} {found && <span className="small"><WebhookState webhook={found} /></span>}</span>} acts={acts}>
      <Loaded query={webhook} rows={6}>
        {(shown) => (
          <>
            <Facts webhook={shown} />
            <Log webhook={shown} />
            {dialog === "edit" && <WebhookForm webhook={shown} close={() => setDialog(null)} />}
            {dialog === "secret" && (
              <Confirm title="Replace the signing secret" act="Replace" isDangerous={false} close={() => setDialog(null)} run={() => replaceSecret(id).then((made) => { setSecret(made.secret); fresh(); }, complain)}>
                You see the new secret once. For a day requests are signed with both, so that the receiver can change over; then the old one ends.
              </Confirm>
            )}
            {dialog === "delete" && (
              <Confirm title="Delete this webhook" act="Delete" typed={shown.name} close={() => setDialog(null)} run={() => deleteWebhook(id).then(() => { say(`${shown.name} deleted`); fresh(); go("/webhooks"); }, complain)}>
                Nothing is sent to it any more: {plural(shown.pending, "delivery", "deliveries")} that wait and its whole log go with it. This cannot be undone.
              </Confirm>
            )}
            {secret && <Modal opened onClose={() => setSecret("")} title={`The new secret of ${shown.name}`} size="lg"><ShownSecret secret={secret} close={() => setSecret("")} /></Modal>}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Facts({ webhook }: { webhook: Webhook }) {
  return (
    <Panel>
      <dl className="facts">
        <dt>Address</dt><dd className="mono">{webhook.url}</dd>
        <dt>Events</dt><dd>{eventsInWords(webhook)}</dd>
        {webhook.disabled_reason && <><dt>Switched off</dt><dd>{webhook.disabled_reason}</dd></>}
        <dt>Private addresses</dt><dd>{privateInWords(webhook.allow_private)}</dd>
        <dt>Signing secret</dt><dd>{webhook.previous_secret_until ? <>replaced; the one before signs until <When value={webhook.previous_secret_until} /></> : "shown once, when it was made"}</dd>
        <dt>Delivered</dt><dd><Ago value={webhook.delivered_at} /></dd>
        <dt>Failed</dt><dd><Ago value={webhook.failed_at} /></dd>
        <dt>Waiting</dt><dd>{count(webhook.pending)}{webhook.dropped > 0 && <span className="tag tag-bad">{count(webhook.dropped)} dropped: too many waited</span>}</dd>
      </dl>
    </Panel>
  );
}

function Log({ webhook }: { webhook: Webhook }) {
  const [params, change] = useQueryPart();
  const client = useQueryClient();
  const { may } = useRights();
  const filters = useMemo(() => ({ state: params.get("state") ?? "", event: params.get("event") ?? "" }), [params]);
  const deliveries = useDeliveries(webhook.id, filters);
  const kinds = useEventKinds().data?.items ?? [];
  const paged = usePaged(deliveries);
  const { reset } = paged;
  const open = params.get("delivery") ?? "";
  useEffect(() => reset(), [filters.state, filters.event]); // a new list begins at its first page
  const again = (delivery: Delivery) => void resend(webhook.id, delivery.id).then(() => { say(`${delivery.event} is sent again`); void client.invalidateQueries({ queryKey: ["webhook", webhook.id] }); }, complain);
  const columns: Column<Delivery>[] = [
    ...COLUMNS,
    { id: "acts", title: "Acts", isEnd: true, show: (delivery) => (
      <span className="row row-end">
        <Button size="compact-xs" variant="default" onClick={() => change({ delivery: delivery.id })} aria-label={`Details of ${delivery.id}`}>Details</Button>
        {may("notices.write") && webhook.state === "enabled" && <Button size="compact-xs" variant="default" onClick={() => again(delivery)} aria-label={`Send ${delivery.id} again`}>Resend</Button>}
      </span>
    ) },
  ];
  return (
    <Panel title="Deliveries" flush foot={paged.foot || undefined}>
      <div className="table-tools">
        <SegmentedControl size="xs" aria-label="Filter by state" data={STATES} value={filters.state} onChange={(state) => change({ state })} />
        <Select size="xs" w={190} aria-label="Filter by event" placeholder="Event" clearable data={[...kinds.map((kind) => kind.name as string), "webhook.test"]} value={filters.event || null} onChange={(event) => change({ event })} />
      </div>
      {deliveries.error && !deliveries.data ? <div style={{ padding: 16 }}><Trouble error={deliveries.error} retry={() => void deliveries.refetch()} /></div> : !deliveries.data ? <Loading rows={6} /> : paged.rows.length ? (
        <Table label="Deliveries" columns={columns} rows={paged.rows} keyOf={(delivery) => delivery.id} />
      ) : filters.state || filters.event ? (
        <Empty title="Nothing matches">Remove a filter to see more. The log goes back 30 days.</Empty>
      ) : (
        <Empty title="Nothing was sent yet">Send a test, or wait until something happens that this webhook is told of.</Empty>
      )}
      {open && <DeliveryView webhookId={webhook.id} id={open} close={() => change({ delivery: null }, "replaced")} />}
    </Panel>
  );
}

export function DeliveryState({ delivery }: { delivery: Delivery }) {
  if (delivery.state === "delivered") return <State value="done">Delivered</State>;
  if (delivery.state === "failed") return <State value="failed">Failed</State>;
  return delivery.attempts_total ? <State value="disabled">Tried again <Ago value={delivery.due_at} /></State> : <State value="waiting">Waiting</State>;
}

const COLUMNS: Column<Delivery>[] = [
  { id: "at", title: "When", isFixed: true, show: (delivery) => <Ago value={delivery.created_at} /> },
  { id: "event", title: "Event", show: (delivery) => <span className="mono nowrap">{delivery.event}</span> },
  { id: "state", title: "State", show: (delivery) => <DeliveryState delivery={delivery} /> },
  { id: "attempts", title: "Attempts", isEnd: true, show: (delivery) => count(delivery.attempts_total) },
  { id: "last", title: "Last word", show: (delivery) => (delivery.last_attempt ? <span className="small nowrap">{delivery.last_attempt.detail} <span className="muted">{duration(delivery.last_attempt.milliseconds)}</span></span> : <span className="muted">–</span>) },
];
