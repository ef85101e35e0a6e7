/** What the management API answers (provisional: replaced by the generated schema). */

export type Limits = {
  requests: { name: string; requests: number; window_seconds: number }[];
  concurrency: { calls: number } | null;
  budgets: { name: string; limit_usd: string; period: string }[];
  unbounded_output: "cap" | "refuse" | "estimate" | null;
};
export type TokenState = "active" | "disabled" | "revoked" | "expired";
export type Token = {
  id: string; masked: string; kind: string; name: string; state: TokenState;
  application_id: string | null; application_name: string | null; team_id: string | null; environment: string;
  models: string[] | null; services: string[] | null; limits: Limits;
  created_at: string; created_by: string | null; expires_at: string | null;
  revoked_at: string | null; revoked_reason: string | null;
  first_used_at: string | null; last_used_at: string | null; last_address: string | null; last_agent: string | null; calls_total: number;
};
export type TokenIssued = Token & { token: string };
export type Meters = {
  requests: { name: string; limit: number; window_seconds: number; used: number; resets_in_seconds: number }[];
  concurrency: { limit: number; in_flight: number } | null;
  budgets: { name: string; limit_usd: string; spent_usd: string; reserved_usd: string; period: string; resets_at: string | null }[];
};
export type Application = { id: string; name: string; team_id: string | null; state: string; limits: Limits; created_at: string };
export type Team = { id: string; name: string };
export type ProviderModel = { name: string; upstream_model?: string | null; priority?: number | null };
export type Provider = {
  id: string; name: string; kind: string; base_url: string; state: string; models: (string | ProviderModel)[];
  keys: { id: string; masked: string; source: string; created_at: string }[];
  allow_private: boolean | string[]; priority: number; created_at: string; credentials_cleared?: boolean;
};
export type ProviderKind = { kind: string; title: string; base_url: string | null; docs_url: string | null; needs_credential: boolean };
export type ProviderTest = { ok: boolean; status: number | null; latency_ms: number | null; detail: string; code: string | null };
export type Price = { input_usd_per_million: string | null; output_usd_per_million: string | null; cached_input_usd_per_million: string | null; source: string };
export type Model = { name: string; candidates: { provider_id: string; provider_name: string; upstream_model: string; price: Price | null }[] };
export type Unpriced = { provider_id: string; provider_name?: string; upstream_model: string; calls: number; last_at: string };
export type Service = {
  id: string; name: string; path_prefix: string; base_url: string; state: string; strip_prefix: boolean; methods: string[] | null;
  has_credential?: boolean; credential_header?: string | null; credential_scheme?: string | null; allow_private: boolean | string[]; created_at: string;
  allow_set_cookie?: boolean; allow_websocket?: boolean; sandbox_answers?: boolean; query_token_parameter?: string | null;
};
export type UsageRow = {
  keys: Record<string, string>; labels: Record<string, string>; start: string | null;
  calls: number; refused: number; client_errors: number; server_errors: number; limited: number;
  input_tokens: number; output_tokens: number; cached_input_tokens: number; cost_usd: string; unpriced_calls: number; estimated_calls: number;
  duration_p50_ms: number; duration_p95_ms: number; duration_p99_ms: number;
  first_byte_p50_ms: number; first_byte_p95_ms: number; overhead_p50_ms: number; overhead_p95_ms: number;
};
export type Usage = { items: UsageRow[]; resolution: string; is_cut: boolean };
export type Call = {
  request_id: string; started_at: string; duration_ms: number; method: string; route: string; operation: string; status: number; outcome: string; code: string;
  token_id: string; token_name: string | null; application_id: string; application_name: string | null; team_id: string; environment: string;
  service_id: string; service_name: string | null; model: string; provider_id: string; provider_name: string | null; upstream_model: string;
  is_stream: boolean; first_byte_us: number; upstream_us: number; overhead_us: number; stages_us: Record<string, number>;
  request_bytes: number; response_bytes: number;
  usage: { input_tokens: number; output_tokens: number; cached_input_tokens: number; cache_write_tokens: number; reasoning_tokens: number; is_estimated: boolean };
  cost_usd: string | null; price_source: string;
  attempts: { provider_id: string; provider_name?: string; upstream_model: string; started_us: number; duration_us: number; status: number; code: string; upstream_request_id: string }[];
  client_address: string; client_agent: string; trace_id: string;
};
export type Gateway = {
  gateway_url: string; console_url: string; version: string; sandbox: boolean; workers: number; started_at: string; unbounded_output: string;
  database: string; sqlite_version: string | null; ledger: { lag_bytes: number; problem: string }; providers_configured: number;
};
export type Checklist = { steps: { id: string; done: boolean; title: string; detail: string }[]; is_done: boolean };
export type Attention = { items: { kind: string; severity: "info" | "warning" | "critical"; title: string; detail: string; href: string; subject_id: string }[] };
export type Session = { user: { id: string; name: string; role: string }; csrf: string; expires_at: string };
export type Page<T> = { items: T[]; next_cursor: string | null };
export type Live = { at: string; counted: number; errors: number; cost_usd: string; tokens: number; calls: Call[] };
