/** The form of a webhook; a new one ends with its signing secret, shown once. */
import { useState } from "react";
import { Button, Checkbox, Input, Modal, SegmentedControl, TextInput } from "@mantine/core";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import type { Tagged } from "../../api/client";
import { changeWebhook, createWebhook, useEventKinds, type Webhook, type WebhookInput, type WebhookSecret } from "../../api/notices";
import { say } from "../../frame/toasts";
import { useSending } from "../../parts/form";
import { Trouble } from "../../parts/page";
import { Copy } from "../../parts/words";
import { cleaned, PrivateField, type Private } from "../upstreams/address";

type Events = WebhookInput["events"];

export function WebhookForm({ webhook, close }: { webhook?: Tagged<Webhook>; close: () => void }) {
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [events, setEvents] = useState<Events>(webhook ? webhook.events : null);
  const [isPrivate, setPrivate] = useState<Private>(webhook?.allow_private ?? false);
  const [made, setMade] = useState<WebhookSecret | null>(null);
  const { isBusy, problem, errors, send } = useSending(["webhooks", "webhook"]);
  const save = () =>
    send(async () => {
      const wish = { name: name.trim(), url: url.trim(), events, allow_private: cleaned(isPrivate) };
      if (webhook) {
        await changeWebhook(webhook.id, wish, webhook.etag);
        say("Saved");
        close();
      } else {
        setMade(await createWebhook(wish));
      }
    });
  return (
    <Modal opened onClose={close} title={made ? `${made.name} is ready` : webhook ? `Edit ${webhook.name}` : "Add a webhook"} size="lg">
      {made ? (
        <ShownSecret secret={made.secret} close={close} />
      ) : (
        <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
          {problem && <Trouble error={problem} />}
          <TextInput label="Name" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors.name} data-autofocus autoComplete="off" />
          <TextInput label="Address" required placeholder="https://hooks.example.com/tollway" description="Where each event is sent with POST" value={url} onChange={(event) => setUrl(event.currentTarget.value)} error={errors.url} autoComplete="off" />
          <EventsField value={events} onChange={setEvents} error={errors.events} />
          <PrivateField value={isPrivate} onChange={setPrivate} />
          <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name.trim() || !url.trim()}>{webhook ? "Save" : "Add"}</Button></div>
        </form>
      )}
    </Modal>
  );
}

function EventsField({ value, onChange, error }: { value: Events; onChange: (events: Events) => void; error?: string }) {
  const kinds = useEventKinds().data?.items ?? [];
  const chosen: string[] = value ?? [];
  return (
    <div className="stack-small">
      <Input.Wrapper label="Events" description="All of them includes those of later versions" labelElement="div">
        <div className="row"><SegmentedControl aria-label="Events" data={[{ value: "all", label: "All of them" }, { value: "some", label: "Only these" }]} value={value ? "some" : "all"} onChange={(kind) => onChange(kind === "all" ? null : [])} /></div>
      </Input.Wrapper>
      {value && (
        <Checkbox.Group aria-label="Which events" value={chosen} onChange={(names) => onChange(names as Events)} error={error}>
          <div className="stack-small">{kinds.map((kind) => <Checkbox key={kind.name} value={kind.name} label={kind.name} description={kind.meaning} />)}</div>
        </Checkbox.Group>
      )}
    </div>
  );
}

export function ShownSecret({ secret, close }: { secret: string; close: () => void }) {
  return (
    <div className="form">
      <div className="secret"><code>{secret}</code><Copy text={secret} label="Copy the signing secret" /></div>
      <p className="row soft"><IconAlertTriangle size={16} color="var(--warn)" /> It is shown now and never again. Your receiver verifies signatures with it, by the Standard Webhooks specification.</p>
      <div className="row-end"><Button onClick={close}>Done</Button></div>
    </div>
  );
}
