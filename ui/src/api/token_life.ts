/** The life of a token: secrets and the evidence of their use, quarantine; policies of rotation and rules of lifetimes. */
import { useQuery } from "@tanstack/react-query";
import { api, body, tagged, type Tagged } from "./client";
import type { components } from "./schema";
import type { Token } from "./types";

type Schemas = components["schemas"];
export type Life = Schemas["LifeOutput"];
export type Unused = Schemas["UnusedOutput"];
export type OldSecret = Schemas["OldSecretOutput"];
export type IssuedToken = Schemas["IssuedOutput"];
export type RotationPolicy = Schemas["RotationPolicyOutput"];
export type RotationPolicyInput = Schemas["RotationPolicyInput"];
export type LifetimeRule = Schemas["LifetimeRuleOutput"];
export type LifetimeRuleInput = Schemas["LifetimeRuleInput"];
export type LifeAct = "end-overlap" | "cancel-rotation" | "release" | "wake";

export type Whose = { kind: Schemas["RevokeAllInput"]["kind"]; id: string };

const at = (id: string) => ({ params: { path: { token_id: id } } });

export const useLife = (id: string) => useQuery({ queryKey: ["token", id, "life"], queryFn: () => body(api.GET("/api/v1/tokens/{token_id}/life", at(id))), refetchInterval: 10_000 });
export const useUnused = (id: string) => useQuery({ queryKey: ["token", id, "unused"], queryFn: () => body(api.GET("/api/v1/tokens/{token_id}/unused", at(id))), staleTime: 60_000 });
export const rotateToken = (id: string, seconds: number): Promise<IssuedToken> => body(api.POST("/api/v1/tokens/{token_id}/rotate", { ...at(id), body: { overlap_seconds: seconds } }));
/** Another token with the same rights; without `revoke` the old one stays as it is held back. */
export const replaceToken = (id: string, what: { revoke: boolean; isCompromised: boolean }): Promise<IssuedToken> =>
  body(api.POST("/api/v1/tokens/{token_id}/replace", { ...at(id), body: { revoke: what.revoke, is_compromised: what.isCompromised } }));
export const collectSecret = (id: string): Promise<IssuedToken> => body(api.POST("/api/v1/tokens/{token_id}/collect", at(id)));
export type OneTimeLink = Schemas["OneTimeLinkOutput"];
export const makeLink = (id: string, seconds: number, mailTo: string | null): Promise<OneTimeLink> => body(api.POST("/api/v1/tokens/{token_id}/link", { ...at(id), body: { overlap_seconds: seconds, mail_to: mailTo } }));
export const quarantineToken = (id: string, reason: string): Promise<Tagged<Token>> => tagged(api.POST("/api/v1/tokens/{token_id}/quarantine", { ...at(id), body: { reason } }));

export function changeLife(id: string, act: LifeAct): Promise<Tagged<Token>> {
  if (act === "end-overlap") return tagged(api.POST("/api/v1/tokens/{token_id}/end-overlap", at(id)));
  if (act === "cancel-rotation") return tagged(api.POST("/api/v1/tokens/{token_id}/cancel-rotation", at(id)));
  if (act === "release") return tagged(api.POST("/api/v1/tokens/{token_id}/release", at(id)));
  return tagged(api.POST("/api/v1/tokens/{token_id}/wake", at(id)));
}

const policy = (id: string) => ({ params: { path: { policy_id: id } } });

export const useRotationPolicies = () => useQuery({ queryKey: ["rotation-policies"], queryFn: () => body(api.GET("/api/v1/rotation-policies")) });
export const createPolicy = (wish: RotationPolicyInput) => body(api.POST("/api/v1/rotation-policies", { body: wish }));
export const switchPolicy = (id: string, state: "active" | "disabled") => body(api.PATCH("/api/v1/rotation-policies/{policy_id}", { ...policy(id), body: { state } }));
export const removePolicy = (id: string) => api.DELETE("/api/v1/rotation-policies/{policy_id}", policy(id));

export const useLifetimeRules = () => useQuery({ queryKey: ["lifetime-rules"], queryFn: () => body(api.GET("/api/v1/lifetime-rules")) });
export const setLifetimeRule = (wish: LifetimeRuleInput) => body(api.PUT("/api/v1/lifetime-rules", { body: wish }));
export const removeLifetimeRule = (rule: LifetimeRule) => api.DELETE("/api/v1/lifetime-rules", { params: { query: { scope: rule.scope, scope_id: rule.scope_id } } });

/** End every token of somebody at once; answers how many there were. */
export const revokeAll = (wish: Schemas["RevokeAllInput"]) => body(api.POST("/api/v1/tokens/revoke-all", { body: wish }));
