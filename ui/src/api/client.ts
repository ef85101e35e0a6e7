/** The one door to /api/v1: adds the CSRF value, turns problem answers into `Problem`, sends people without a session to sign in. */

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string,
    readonly fields: Record<string, string>,
  ) {
    super(detail || title);
  }
}

type Body = { title?: string; detail?: string; code?: string; request_id?: string; errors?: { pointer: string; message: string }[] };
export type Query = Record<string, string | number | boolean | null | undefined | string[]>;

let csrf = "";

/** The value GET /session answered; sent with every change. */
export function setCsrf(value: string): void {
  csrf = value;
}

export const get = <T>(path: string, query?: Query) => send<T>("GET", path, { query });
export const post = <T>(path: string, body?: unknown) => send<T>("POST", path, { body, key: crypto.randomUUID() });
export const patch = <T>(path: string, body: unknown) => send<T>("PATCH", path, { body });
export const remove = (path: string) => send<void>("DELETE", path, {});

async function send<T>(method: string, path: string, { query, body, key }: { query?: Query; body?: unknown; key?: string }): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-Tollway-CSRF"] = csrf;
  if (key) headers["Idempotency-Key"] = key;
  let response: Response;
  try {
    response = await fetch(address(path, query), { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new Problem(0, "network", "The console does not answer", "Check that Tollway is running and reachable, then try again. Tokens keep working meanwhile.", "", {});
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  throw await problem(response);
}

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value == null || value === "") continue;
    search.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ""}`;
}

async function problem(response: Response): Promise<Problem> {
  const body: Body = await response.json().catch(() => ({}));
  if (response.status === 401) signIn();
  const fields: Record<string, string> = {};
  for (const error of body.errors ?? []) fields[error.pointer.replace(/^[#/]+/, "").replace(/^body\//, "")] = error.message;
  return new Problem(response.status, body.code ?? "", body.title ?? `The console answered ${response.status}`, body.detail ?? "", body.request_id ?? "", fields);
}

/** Leave for the sign-in page, which leads back here. */
export function signIn(): void {
  const here = location.pathname + location.search;
  location.assign(`/sign-in?next=${encodeURIComponent(here)}`);
}
