/** How a provider does now, whatever range the page shows: its state in words, calls in flight, keys that rest. */
import { useUpstreamsNow } from "../api/upstreams";
import { useUsage } from "../api/usage";
import type { Provider } from "../api/types";
import { LATELY } from "../frame/range";
import { NOTHING, count } from "../format/numbers";
import { clock } from "../format/time";
import { State } from "./words";

const FAILING_CALLS_MIN = 5; // fewer say too little; the list of what needs a person asks for as many

/** Failing by its calls of the last minutes; resting while its keys are tried last because they failed. */
export function Health({ provider }: { provider: Provider }) {
  const lately = useUsage(LATELY, { by: ["provider"] }).data?.rows.find((row) => row.keys.provider === provider.id);
  const resting = useResting(provider.id);
  if (provider.state !== "active") return <State value={provider.state} />;
  const keys = Math.max(1, provider.keys.length); // a provider without keys rests as a whole
  const until = [...resting.values()].sort().at(-1);
  const isFailing = lately !== undefined && lately.calls >= FAILING_CALLS_MIN && lately.server_errors * 2 > lately.calls;
  if (!until) return <State value={isFailing ? "failing" : "active"} />;
  const words = resting.size < keys ? `${resting.size} of ${keys} keys resting` : isFailing ? "Failing, resting" : "Resting";
  return <span title={restingTitle(until)}><State value={isFailing ? "failing" : "resting"}>{words}</State></span>;
}

/** Until when each resting key of a provider is tried last, by the key's id. */
export function useResting(providerId: string): Map<string, string> {
  const now = useUpstreamsNow().data?.items.find((entry) => entry.provider_id === providerId);
  return new Map(now?.resting_keys.map((key) => [key.key_id, key.until]));
}

export const restingTitle = (until: string) => `It failed, so others are tried first until ${clock(until)}`;

/** Calls that were sent to it and have not ended. */
export function InFlight({ providerId }: { providerId: string }) {
  const now = useUpstreamsNow();
  if (!now.data || now.error) return <>{NOTHING}</>;
  return <>{count(now.data.items.find((entry) => entry.provider_id === providerId)?.in_flight ?? 0)}</>;
}
