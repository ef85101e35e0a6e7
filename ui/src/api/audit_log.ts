/** The audit log: looked up and checked. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { api, body, given } from "./client";
import type { operations } from "./schema";

type AuditQuery = NonNullable<operations["list_audit"]["parameters"]["query"]>;
export type AuditFilters = { actor?: string; action?: string; object_id?: string; outcome?: string; search?: string; request_id?: string; since?: string; until?: string };

export function useAudit(filters: AuditFilters, limit = 50) {
  return useInfiniteQuery({
    queryKey: ["audit", filters, limit],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/audit", { params: { query: { ...(given(filters) as AuditQuery), limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** The newest entries, read again every quarter of a minute. */
export const useLatestActs = (limit: number) =>
  useQuery({ queryKey: ["audit", "latest", limit], queryFn: () => body(api.GET("/api/v1/audit", { params: { query: { limit } } })), refetchInterval: 15_000 });

export const useCheckAudit = () => useMutation({ mutationFn: () => body(api.GET("/api/v1/audit/verify")) });

/** Where the matching entries are: one JSON object a line, or CSV. */
export function exportAddress(filters: AuditFilters, format: "jsonl" | "csv"): string {
  return `/api/v1/audit/export?${new URLSearchParams({ ...(given(filters) as Record<string, string>), format }).toString()}`;
}
