/** Tokens: list, one, its meters, and the acts on it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, given, tagged, unchanged, type Tagged } from "./client";
import type { operations } from "./schema";
import type { Token, TokenInput, TokenPatch } from "./types";

type TokensQuery = NonNullable<operations["list_tokens"]["parameters"]["query"]>;
export type TokenFilters = { state?: string; search?: string; application_id?: string; owner_id?: string; plan_id?: string; sort?: string };
export type TokenAct = "disable" | "enable" | "revoke";

const at = (id: string) => ({ path: { token_id: id } });

export function useTokens(filters: TokenFilters, limit = 50) {
  return useInfiniteQuery({
    queryKey: ["tokens", filters, limit],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/tokens", { params: { query: { ...(given(filters) as TokensQuery), limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export const useToken = (id: string, refetchInterval = 15_000) =>
  useQuery({ queryKey: ["token", id], queryFn: () => tagged(api.GET("/api/v1/tokens/{token_id}", { params: at(id) })), refetchInterval });

/** Read again each two seconds while the page is visible. */
export const useTokenMeters = (id: string) =>
  useQuery({ queryKey: ["token", id, "meters"], queryFn: () => body(api.GET("/api/v1/tokens/{token_id}/meters", { params: at(id) })), refetchInterval: 2_000 });

export const issueToken = (wish: TokenInput, key: string) => body(api.POST("/api/v1/tokens", { body: wish, params: { header: { "Idempotency-Key": key } } }));
export const changeToken = (id: string, change: TokenPatch, etag?: string) => tagged(api.PATCH("/api/v1/tokens/{token_id}", { params: { ...at(id), ...unchanged(etag) }, body: change }));

/** Why a token is revoked; one that is compromised loses its running calls too. */
export type Why = { reason?: string; isCompromised?: boolean };

export function actOnToken(id: string, act: TokenAct, why: Why = {}): Promise<Tagged<Token>> {
  if (act === "revoke") return tagged(api.POST("/api/v1/tokens/{token_id}/revoke", { params: at(id), body: { reason: why.reason ?? "", is_compromised: why.isCompromised ?? false } }));
  if (act === "disable") return tagged(api.POST("/api/v1/tokens/{token_id}/disable", { params: at(id) }));
  return tagged(api.POST("/api/v1/tokens/{token_id}/enable", { params: at(id) }));
}
