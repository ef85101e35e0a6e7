/** Tokens: list, one, its meters, and the acts on it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, patch, post } from "./client";
import type { Limits, Meters, Page, Token, TokenIssued } from "./types";

export type TokenFilters = { state?: string; search?: string; application_id?: string; sort?: string };
export type TokenWish = {
  name: string;
  application_id?: string;
  models?: string[] | null;
  services?: string[] | null;
  expires_at?: string | null;
  limits?: Limits;
  environment?: string;
};
export type TokenAct = "disable" | "enable" | "revoke";

export function useTokens(filters: TokenFilters, limit = 50) {
  return useInfiniteQuery({
    queryKey: ["tokens", filters, limit],
    queryFn: ({ pageParam }) => get<Page<Token>>("/tokens", { ...filters, limit, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export const useToken = (id: string) => useQuery({ queryKey: ["token", id], queryFn: () => get<Token>(`/tokens/${id}`), refetchInterval: 15_000 });
export const useTokenMeters = (id: string) =>
  useQuery({ queryKey: ["token", id, "meters"], queryFn: () => get<Meters>(`/tokens/${id}/meters`), refetchInterval: 2_000, refetchIntervalInBackground: false });

export const issueToken = (wish: TokenWish) => post<TokenIssued>("/tokens", wish);
export const changeToken = (id: string, change: Partial<TokenWish>) => patch<Token>(`/tokens/${id}`, change);
export const actOnToken = (id: string, act: TokenAct, reason?: string) => post<Token>(`/tokens/${id}/${act}`, reason ? { reason } : {});
export const findTokens = (search: string) => get<Page<Token>>("/tokens", { search, limit: 6 });
