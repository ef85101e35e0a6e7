/** One delivery: what was sent, and each attempt. */
import { Modal } from "@mantine/core";
import { useDelivery } from "../../api/notices";
import { duration } from "../../format/numbers";
import { instant } from "../../format/time";
import { Loaded } from "../../parts/page";
import { Code } from "../../parts/words";

export function DeliveryView({ webhookId, id, close }: { webhookId: string; id: string; close: () => void }) {
  const delivery = useDelivery(webhookId, id);
  return (
    <Modal opened onClose={close} title="Delivery" size="lg">
      <Loaded query={delivery} rows={6}>
        {(shown) => (
          <div className="stack-small">
            <dl className="facts">
              <dt>Event</dt><dd className="mono">{shown.event}</dd>
              <dt>webhook-id</dt><dd className="mono">{shown.id}</dd>
            </dl>
            <h3>Attempts</h3>
            {shown.attempts.length ? (
              <ol className="stack-small">
                {shown.attempts.map((attempt) => (
                  <li key={attempt.at} className="row-wrap">
                    <span className={attempt.code ? "tag tag-bad" : "tag tag-ok"}>{attempt.status ?? "no answer"}</span>
                    <span>{attempt.detail}</span>
                    <span className="muted small nowrap">{instant(attempt.at)} · {duration(attempt.milliseconds)}</span>
                  </li>
                ))}
              </ol>
            ) : (
              <p className="muted">None yet.</p>
            )}
            <h3>Body</h3>
            <Code text={pretty(shown.body)} label="body of the event" />
          </div>
        )}
      </Loaded>
    </Modal>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
