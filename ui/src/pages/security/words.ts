/** What detectors, severities and acts are called. */
export const KINDS: Record<string, string> = {
  leaked: "Leaked token",
  decoy_used: "Decoy used",
  used_after_end: "Used after its end",
  used_after_rotation: "Replaced secret used",
  new_origin: "New origin",
  spike: "Spike",
  error_share: "Probing",
  many_networks: "Many networks at once",
  many_clients: "Many clients at once",
  secret_guessed: "Secret guessed at",
  unknown_ids: "Unknown tokens",
  scanning: "Scanning",
};

export const MEANINGS: Record<string, string> = {
  leaked: "somebody reports the whole token",
  decoy_used: "somebody took it from where it was put",
  used_after_end: "revoked or expired, and still presented",
  used_after_rotation: "presented after the overlap was over",
  new_origin: "a network and a client it was never used from",
  spike: "far more in an hour than ever before",
  error_share: "much is refused, over many models and services",
  many_networks: "far more than ever before",
  many_clients: "far more than ever before",
  secret_guessed: "others try secrets for a known id",
  unknown_ids: "our format, but never issued",
  scanning: "one source tries many credentials",
};

const MEASURES: Record<string, string> = { requests: "calls", cost_nanos: "money", errors: "errors", bytes: "bytes" };

/** What an event means; a spike says of what. */
export function meaning(kind: string, facts: Record<string, unknown>): string {
  const measure = MEASURES[String(facts.measure)];
  return kind === "spike" && measure ? `far more ${measure} in an hour than ever before` : MEANINGS[kind];
}

export const TONES: Record<string, string> = { critical: "tag-bad", high: "tag-bad", medium: "tag-warn", low: "tag-accent" };
export const ACTS: Record<string, string> = { notify: "Tell", limit: "Limit", quarantine: "Quarantine", revoke: "Revoke" };
export const NEVER_ACTED: string[] = ["secret_guessed", "unknown_ids", "scanning", "decoy_used"];

const DONE: Record<string, string> = { limit: "limited", quarantine: "quarantined", revoke: "switched off" };

/** What became of an event's act, in words. */
export function outcome(act: string, state: string): string {
  if (state === "done") return DONE[act] ?? act;
  if (state === "final") return "revoked";
  if (state === "undone") return "undone";
  if (state === "would") return `dry run: ${ACTS[act]?.toLowerCase() ?? act}`;
  return state === "failed" ? `could not ${act}` : "told";
}

export const humanFact = (name: string) => name.replace(/_/g, " ").replace(/^is /, "");
