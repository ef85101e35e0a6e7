/** The one door to /api/v1: adds the CSRF value, turns problem answers into `Problem`, asks for a proof before a sensitive act, sends people without a session to sign in. */
import createClient, { type Middleware } from "openapi-fetch";
import { askToConfirm } from "./step_up";
import type { components, paths } from "./schema";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly requestId = "",
    /** Messages by place in the body, such as `limits/budgets/0/limit_usd`. */
    readonly fields: Record<string, string> = {},
  ) {
    super(detail || title);
  }
}

const CSRF = "X-Tollway-CSRF";
let csrf = "";

/** The value GET /session answered; sent with every change. */
export function setCsrf(value: string): void {
  csrf = value;
}

/** Copies of changes under way: a request that was sent cannot be sent again. */
const copies = new WeakMap<Request, Request>();

const door: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") {
      request.headers.set(CSRF, csrf);
      copies.set(request, request.clone());
    }
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok) return response;
    const found = await problem(response);
    const copy = copies.get(request);
    if (!copy || !(await isWorthAnother(found))) throw found;
    copy.headers.set(CSRF, csrf);
    const again = await fetch(copy);
    if (!again.ok) throw await problem(again);
    return again;
  },
  onError() {
    return new Problem(0, "network", "The console does not answer", "Check that Tollway is running and reachable, then try again. Tokens keep working meanwhile.");
  },
};

export const api = createClient<paths>({ credentials: "same-origin" });
api.use(door);

/** The body of a good answer; anything else was thrown as `Problem`. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** An object with the ETag it was read under. A change sends that back, and is refused when somebody else came first. */
export type Tagged<T> = T & { etag?: string };

export async function tagged<T extends object>(call: Promise<{ data?: T; response: Response }>): Promise<Tagged<T>> {
  const { data, response } = await call;
  // A proxy that compresses weakens the tag, and a weak one never matches.
  return { ...(data as T), etag: response.headers.get("ETag")?.replace(/^W\//, "") };
}

/** The header of a change to what was read under this ETag. */
export const unchanged = (etag: string | undefined) => ({ header: { "if-match": etag } });

/** Nothing was done: true once what was missing is there. Another tab may have confirmed and so changed the value. */
async function isWorthAnother({ code }: Problem): Promise<boolean> {
  if (code === "management.step_up") return askToConfirm();
  if (code !== "management.csrf") return false;
  const before = csrf;
  const session = await body(api.GET("/api/v1/session"));
  setCsrf(session.csrf);
  return session.csrf !== before;
}

async function problem(response: Response): Promise<Problem> {
  if (response.status === 401) signIn();
  const told = (await response.json().catch(() => ({}))) as Partial<components["schemas"]["Problem"]>;
  if (response.status === 412) return new Problem(412, told.code ?? "", "Somebody else changed this meanwhile", "Nothing was saved. Reload the page to see what it is now, then change it again.", told.request_id ?? "");
  const fields: Record<string, string> = {};
  for (const error of told.errors ?? []) fields[error.pointer.replace(/^[#/]+/, "").replace(/^body\//, "")] = error.message;
  return new Problem(response.status, told.code ?? "", told.title ?? `The console answered ${response.status}`, told.detail ?? "", told.request_id ?? "", fields);
}

/** Leave for the sign-in page, which leads back here. */
export function signIn(): void {
  const here = location.pathname + location.search;
  location.assign(`/sign-in?next=${encodeURIComponent(here)}`);
}

/** The parts of a filter that are set. */
export function given<T extends object>(filters: T): T {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined && value !== null && value !== "")) as T;
}

/** A key that makes one POST safe to repeat. `crypto.randomUUID` exists on HTTPS and localhost only. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
