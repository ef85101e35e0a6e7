/** Alerts: what fired of budgets, limits and providers. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, given } from "./client";
import type { components, operations } from "./schema";

type AlertsQuery = NonNullable<operations["list_alerts"]["parameters"]["query"]>;
export type Alert = components["schemas"]["AlertOutput"];
export type AlertFilters = { state?: string; kind?: string; level?: string; owner?: string };

export function useAlerts(filters: AlertFilters, limit = 50) {
  return useInfiniteQuery({
    queryKey: ["alerts", "list", filters, limit],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/alerts", { params: { query: { ...(given(filters) as AlertsQuery), limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
}

export const useOpenAlerts = (isWanted: boolean) => useQuery({ queryKey: ["alerts", "summary"], queryFn: () => body(api.GET("/api/v1/alerts/summary")), refetchInterval: 30_000, enabled: isWanted });
export const acknowledgeAlerts = (ids: string[], note = "") => body(api.POST("/api/v1/alerts/acknowledge", { body: { ids, note } }));
export const reopenAlerts = (ids: string[]) => body(api.POST("/api/v1/alerts/reopen", { body: { ids } }));
