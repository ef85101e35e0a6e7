/** Service accounts, and where other people are signed in. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, given, newKey } from "./client";
import type { components, operations } from "./schema";

export type ServiceAccount = components["schemas"]["ServiceAccountOutput"];
type Wish = components["schemas"]["ServiceAccountInput"];
type Change = components["schemas"]["ServiceAccountPatch"];
type Ended = components["schemas"]["EndedServiceAccountOutput"];
type Query = NonNullable<operations["list_service_accounts"]["parameters"]["query"]>;
export type AccountFilters = { state?: string; team_id?: string; search?: string; ownerless?: string };

const at = (id: string) => ({ path: { account_id: id } });

export function useServiceAccounts(filters: AccountFilters, limit = 50, enabled = true) {
  return useInfiniteQuery({
    queryKey: ["service-accounts", filters, limit],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/service-accounts", { params: { query: { ...(given(filters) as Query), limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export const useServiceAccount = (id: string) => useQuery({ queryKey: ["service-account", id], queryFn: () => body(api.GET("/api/v1/service-accounts/{account_id}", { params: at(id) })) });
export const createServiceAccount = (wish: Wish) => body(api.POST("/api/v1/service-accounts", { body: wish, params: { header: { "Idempotency-Key": newKey() } } }));
export const changeServiceAccount = (id: string, change: Change) => body(api.PATCH("/api/v1/service-accounts/{account_id}", { params: at(id), body: change }));
export const reactivateServiceAccount = (id: string) => body(api.POST("/api/v1/service-accounts/{account_id}/reactivate", { params: at(id) }));

export function endServiceAccount(id: string, act: "deactivate" | "delete"): Promise<Ended> {
  if (act === "delete") return body(api.DELETE("/api/v1/service-accounts/{account_id}", { params: at(id) }));
  return body(api.POST("/api/v1/service-accounts/{account_id}/deactivate", { params: at(id) }));
}

export type AccountsAct = components["schemas"]["AccountsActInput"];
export const matchingAccounts = (filters: AccountFilters) => body(api.GET("/api/v1/service-accounts/acts/matching", { params: { query: given(filters) as Query } }));
export const previewAccounts = (act: AccountsAct) => body(api.POST("/api/v1/service-accounts/acts/preview", { body: act }));
export const actOnAccounts = (act: AccountsAct) => body(api.POST("/api/v1/service-accounts/acts", { body: act }));

const of = (id: string) => ({ path: { user_id: id } });

export const useSessionsOf = (id: string) => useQuery({ queryKey: ["user", id, "sessions"], queryFn: () => body(api.GET("/api/v1/users/{user_id}/sessions", { params: of(id) })) });
export const endSessionOf = (id: string, session: string) => api.DELETE("/api/v1/users/{user_id}/sessions/{session_id}", { params: { path: { user_id: id, session_id: session } } });
export const endSessionsOf = (id: string) => body(api.POST("/api/v1/users/{user_id}/sessions/end", { params: of(id) }));
