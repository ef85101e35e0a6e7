/** Sums over calls, and the calls themselves. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Range } from "../frame/range";
import { api, body, given } from "./client";
import type { operations } from "./schema";
import type { UsageRow } from "./types";

export type Dimension = "token" | "application" | "team" | "service" | "model" | "provider" | "operation" | "status" | "outcome";
export type Filters = Partial<Record<Dimension, string>>;
export type Order = NonNullable<UsageQuery["order"]>;
/** `largest`, of a series: only so many groups, the largest by `order` over the whole range. */
export type UsageAsked = { by?: Dimension[]; series?: boolean; filters?: Filters; limit?: number; order?: Order; largest?: number };
export type UsageAnswered = { rows: UsageRow[]; isCut: boolean; since: number; until: number; bucketMs: number };

type UsageQuery = NonNullable<operations["get_usage"]["parameters"]["query"]>;
type CallsQuery = NonNullable<operations["list_calls"]["parameters"]["query"]>;

/** Sums in the chosen time range; `previous` asks for the period of the same length before it. */
export function useUsage(range: Range, asked: UsageAsked, { previous = false, enabled = true } = {}) {
  return useQuery({
    queryKey: ["usage", range.key, previous, asked],
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: range.refreshMs,
    queryFn: async (): Promise<UsageAnswered> => {
      const { since, until } = range.instants(previous);
      const answer = await body(api.GET("/api/v1/usage", { params: { query: usageQuery(range, asked, since, until) } }));
      return { rows: answer.items, isCut: answer.is_cut, since, until, bucketMs: range.bucketMs };
    },
  });
}

function usageQuery(range: Range, asked: UsageAsked, since: number, until: number): UsageQuery {
  return {
    by: asked.by?.join(","),
    interval: asked.series ? range.interval : undefined,
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    limit: asked.limit ?? (asked.series ? 5000 : 100),
    order: asked.order,
    largest: asked.largest,
    ...(given(asked.filters ?? {}) as UsageQuery),
  };
}

/** What cached prompts saved in the time range; it moves slowly, so it is read again once a minute. */
export function useSavings(range: Range, { previous = false } = {}) {
  return useQuery({
    queryKey: ["savings", range.key, previous],
    placeholderData: keepPreviousData,
    refetchInterval: range.refreshMs && 60_000,
    queryFn: () => {
      const { since, until } = range.instants(previous);
      return body(api.GET("/api/v1/savings", { params: { query: { since: new Date(since).toISOString(), until: new Date(until).toISOString() } } }));
    },
  });
}

/** The address of the same sums as CSV. */
export function usageCsv(range: Range, asked: UsageAsked): string {
  const { since, until } = range.instants(false);
  const query = given(usageQuery(range, { ...asked, limit: 10_000 }, since, until));
  return `/api/v1/usage.csv?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`;
}

export type CallFilters = Filters & { since?: string; until?: string; rule?: string };

export function useCalls(filters: CallFilters, limit = 50) {
  return useInfiniteQuery({
    queryKey: ["calls", filters, limit],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/calls", { params: { query: { ...(given(filters) as CallsQuery), limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export const useCall = (id: string) =>
  useQuery({ queryKey: ["call", id], queryFn: () => body(api.GET("/api/v1/calls/{request_id}", { params: { path: { request_id: id } } })), staleTime: Infinity });
