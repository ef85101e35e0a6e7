/** What callers may do at the gateway: the rights of each level, what applies to a token, and trials of rules. */
import { useQuery } from "@tanstack/react-query";
import { api, body, given, tagged, unchanged, type Tagged } from "./client";
import type { components, operations } from "./schema";

export type GatewayRights = components["schemas"]["RightsOutput"];
export type RightsInput = components["schemas"]["RightsInput"];
export type OwnedRights = components["schemas"]["OwnedRightsOutput"];
export type Source = components["schemas"]["SourceOutput"];
export type Verdict = components["schemas"]["CallVerdictOutput"];
export type Blocked = components["schemas"]["BlockedOutput"];
export type Asked = NonNullable<operations["judge_call"]["parameters"]["query"]>;
export type ModelGroup = components["schemas"]["GroupOutput"];
export type RightsOwner =
  | { level: "installation" }
  | { level: "team" | "user" | "application" | "plan" | "token"; id: string };

const keyOf = (owner: RightsOwner) => ["gateway-rights", owner.level, "id" in owner ? owner.id : ""];

function read(owner: RightsOwner): Promise<Tagged<OwnedRights>> {
  switch (owner.level) {
    case "installation": return tagged(api.GET("/api/v1/rights"));
    case "team": return tagged(api.GET("/api/v1/teams/{team_id}/rights", { params: { path: { team_id: owner.id } } }));
    case "user": return tagged(api.GET("/api/v1/users/{user_id}/rights", { params: { path: { user_id: owner.id } } }));
    case "application": return tagged(api.GET("/api/v1/applications/{application_id}/rights", { params: { path: { application_id: owner.id } } }));
    case "plan": return tagged(api.GET("/api/v1/plans/{plan_id}/rights", { params: { path: { plan_id: owner.id } } }));
    case "token": return tagged(api.GET("/api/v1/tokens/{token_id}/rights", { params: { path: { token_id: owner.id } } }));
  }
}

export function changeRights(owner: RightsOwner, change: RightsInput, etag?: string): Promise<Tagged<OwnedRights>> {
  const header = unchanged(etag);
  switch (owner.level) {
    case "installation": return tagged(api.PATCH("/api/v1/rights", { params: header, body: change }));
    case "team": return tagged(api.PATCH("/api/v1/teams/{team_id}/rights", { params: { path: { team_id: owner.id }, ...header }, body: change }));
    case "user": return tagged(api.PATCH("/api/v1/users/{user_id}/rights", { params: { path: { user_id: owner.id }, ...header }, body: change }));
    case "application": return tagged(api.PATCH("/api/v1/applications/{application_id}/rights", { params: { path: { application_id: owner.id }, ...header }, body: change }));
    case "plan": return tagged(api.PATCH("/api/v1/plans/{plan_id}/rights", { params: { path: { plan_id: owner.id }, ...header }, body: change }));
    case "token": return tagged(api.PATCH("/api/v1/tokens/{token_id}/rights", { params: { path: { token_id: owner.id }, ...header }, body: change }));
  }
}

export const useOwnRights = (owner: RightsOwner) => useQuery({ queryKey: keyOf(owner), queryFn: () => read(owner) });

export const useEffectiveRights = (tokenId: string) =>
  useQuery({ queryKey: ["gateway-rights", "effective", tokenId], queryFn: () => body(api.GET("/api/v1/tokens/{token_id}/rights/effective", { params: { path: { token_id: tokenId } } })) });

export const useModelGroups = () => useQuery({ queryKey: ["model-groups"], queryFn: () => body(api.GET("/api/v1/model-groups")) });

const group = (name: string) => ({ params: { path: { group_name: name } } });
export const createGroup = (wish: components["schemas"]["GroupInput"]) => body(api.POST("/api/v1/model-groups", { body: wish }));
export const changeGroup = (name: string, change: components["schemas"]["GroupPatch"]) => body(api.PATCH("/api/v1/model-groups/{group_name}", { ...group(name), body: change }));
export const removeGroup = (name: string) => api.DELETE("/api/v1/model-groups/{group_name}", group(name));

export const judge = (tokenId: string, asked: Asked): Promise<Verdict> =>
  body(api.GET("/api/v1/tokens/{token_id}/may", { params: { path: { token_id: tokenId }, query: given(asked) } }));

export const wouldBlock = (tokenId: string, allow: string[], deny: string[], days: number): Promise<Blocked> =>
  body(api.GET("/api/v1/tokens/{token_id}/would-block", { params: { path: { token_id: tokenId }, query: { ...(allow.length ? { allow } : {}), ...(deny.length ? { deny } : {}), days } } }));
