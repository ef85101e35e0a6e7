/** Security events, the rules they are found by, and decoys. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, given, newKey } from "./client";
import type { components, operations } from "./schema";

type Schemas = components["schemas"];
type EventsQuery = NonNullable<operations["list_security_events"]["parameters"]["query"]>;
export type SecurityEvent = Schemas["SecurityEventOutput"];
export type SecurityRules = Schemas["SecurityRulesOutput"];
export type SecuritySummary = Schemas["SecuritySummaryOutput"];
export type Decoy = Schemas["DecoyOutput"];
export type IssuedDecoy = Schemas["DecoyTextOutput"];
export type EventFilters = { state?: string; kind?: string; severity?: string; subject?: string };
export type TokenAct = "limit" | "quarantine" | "revoke";

const one = (id: string) => ({ params: { path: { event_id: id } } });

export function useSecurityEvents(filters: EventFilters, limit = 50) {
  return useInfiniteQuery({
    queryKey: ["security", "events", filters, limit],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/security/events", { params: { query: { ...(given(filters) as EventsQuery), limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
}

export const useSecuritySummary = (isWanted: boolean) =>
  useQuery({ queryKey: ["security", "summary"], queryFn: () => body(api.GET("/api/v1/security/summary")), refetchInterval: 15_000, enabled: isWanted });
export const acknowledgeEvent = (id: string, note: string) => body(api.POST("/api/v1/security/events/{event_id}/acknowledge", { ...one(id), body: { note } }));
export const expectEvent = (id: string, note: string) => body(api.POST("/api/v1/security/events/{event_id}/expected", { ...one(id), body: { note } }));
export const actOnEvent = (id: string, act: TokenAct) => body(api.POST("/api/v1/security/events/{event_id}/act", { ...one(id), body: { act } }));
export const undoEvent = (id: string) => body(api.POST("/api/v1/security/events/{event_id}/undo", one(id)));

export const useSecurityRules = () => useQuery({ queryKey: ["security", "rules"], queryFn: () => body(api.GET("/api/v1/security/rules")) });
export const putSecurityRules = (teamId: string, rules: Record<string, unknown>) => body(api.PUT("/api/v1/security/rules", { body: { team_id: teamId, rules } }));
export const useDecoys = () => useQuery({ queryKey: ["security", "decoys"], queryFn: () => body(api.GET("/api/v1/security/decoys")) });
export const issueDecoy = (name: string, place: string) => body(api.POST("/api/v1/security/decoys", { body: { name, place }, params: { header: { "Idempotency-Key": newKey() } } }));
export const removeDecoy = (tokenId: string) => api.DELETE("/api/v1/security/decoys", { params: { query: { token_id: tokenId } } });
