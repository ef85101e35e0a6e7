/** Server-sent live events, shared by all pages: one connection while anybody listens; "stale" when it drops. */
import { useEffect, useSyncExternalStore } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { Call, Live } from "./types";

export type LiveState = { status: "connecting" | "live" | "stale"; calls: Call[]; since: number };

const CALLS_MAX = 200;
const SILENCE_MS = 12_000; // the server pings each 5 s
const REFRESH_MS = 2_000;

let state: LiveState = { status: "connecting", calls: [], since: 0 };
let source: EventSource | null = null;
let isAllowed = false;
let heard = 0;
let watch = 0;
const listeners = new Set<() => void>();
const batches = new Set<(batch: Live) => void>();

function change(next: Partial<LiveState>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

function open(): void {
  source?.close();
  source = null;
  if (!isAllowed) return;
  source = new EventSource("/api/v1/live");
  source.onopen = alive;
  source.addEventListener("ping", alive);
  source.addEventListener("live", (event) => {
    alive();
    const batch = JSON.parse((event as MessageEvent<string>).data) as Live;
    if (batch.calls.length) {
      const known = new Set(batch.calls.map((call) => call.request_id));
      const newest = [...batch.calls].sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
      change({ calls: [...newest, ...state.calls.filter((call) => !known.has(call.request_id))].slice(0, CALLS_MAX) });
    }
    for (const listener of batches) listener(batch);
  });
  source.onerror = () => change({ status: "stale" });
}

function alive(): void {
  heard = Date.now();
  if (state.status !== "live") change({ status: "live", since: heard });
}

function check(): void {
  const silent = Date.now() - heard > SILENCE_MS;
  if (silent && state.status === "live") change({ status: "stale" });
  if (silent || source?.readyState === EventSource.CLOSED) {
    heard = Date.now();
    open();
  }
}

/** Whether the signed-in person may see calls; nothing is asked for before that is known. */
export function allowLive(allowed: boolean): void {
  if (isAllowed === allowed) return;
  isAllowed = allowed;
  heard = Date.now();
  if (listeners.size) open();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    heard = Date.now();
    open();
    watch = window.setInterval(check, 4_000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    source?.close();
    source = null;
    window.clearInterval(watch);
  };
}

export function useLive(): LiveState {
  return useSyncExternalStore(listen, () => state);
}

/** Call `heard` for each batch of finished calls. */
export function useLiveBatches(heardBatch: (batch: Live) => void): void {
  useEffect(() => {
    batches.add(heardBatch);
    return () => {
      batches.delete(heardBatch);
    };
  }, [heardBatch]);
}

/** Read figures again shortly after calls have ended, at most each two seconds. */
export function useFreshFigures(): void {
  const client = useQueryClient();
  useEffect(() => {
    let timer = 0;
    const refresh = (batch: Live) => {
      if (!batch.counted || timer || document.hidden) return;
      timer = window.setTimeout(() => {
        timer = 0;
        for (const key of ["usage", "checklist"]) void client.invalidateQueries({ queryKey: [key] });
      }, REFRESH_MS);
    };
    batches.add(refresh);
    return () => {
      batches.delete(refresh);
      window.clearTimeout(timer);
    };
  }, [client]);
}
