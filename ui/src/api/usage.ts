/** Sums over calls, and the calls themselves. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { address, get, type Query } from "./client";
import type { Call, Page, Usage, UsageRow } from "./types";
import type { Range } from "../frame/range";

export type Dimension = "token" | "application" | "team" | "service" | "model" | "provider" | "operation" | "status" | "outcome";
export type UsageAsked = { by?: Dimension[]; series?: boolean; filters?: Partial<Record<Dimension, string>>; limit?: number };
export type UsageAnswered = { rows: UsageRow[]; isCut: boolean; since: number; until: number; bucketMs: number };

/** Sums in the chosen time range; `previous` asks for the period of the same length before it. */
export function useUsage(range: Range, asked: UsageAsked, { previous = false, enabled = true } = {}) {
  return useQuery({
    queryKey: ["usage", range.key, previous, asked],
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: range.refreshMs,
    queryFn: async (): Promise<UsageAnswered> => {
      const { since, until } = range.instants(previous);
      const answer = await get<Usage>("/usage", usageQuery(range, asked, since, until));
      return { rows: answer.items, isCut: answer.is_cut, since, until, bucketMs: range.bucketMs };
    },
  });
}

export function usageQuery(range: Range, asked: UsageAsked, since: number, until: number): Query {
  return {
    by: asked.by,
    interval: asked.series ? range.interval : undefined,
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    limit: asked.limit ?? (asked.series ? 5000 : 100),
    ...asked.filters,
  };
}

export function usageCsv(range: Range, asked: UsageAsked): string {
  const { since, until } = range.instants(false);
  return address("/usage.csv", usageQuery(range, asked, since, until));
}

export type CallFilters = Partial<Record<"token" | "model" | "provider" | "service" | "application" | "status" | "outcome", string>> & { since?: string; until?: string };

export function useCalls(filters: CallFilters, limit = 50) {
  return useInfiniteQuery({
    queryKey: ["calls", filters, limit],
    queryFn: ({ pageParam }) => get<Page<Call>>("/calls", { ...filters, limit, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export const useCall = (id: string) => useQuery({ queryKey: ["call", id], queryFn: () => get<Call>(`/calls/${encodeURIComponent(id)}`) });
