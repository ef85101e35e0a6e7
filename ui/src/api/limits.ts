/** Limits of every level, what is used of them, plans, and acts on many tokens. */
import { useQuery } from "@tanstack/react-query";
import { api, body, given, tagged, unchanged } from "./client";
import type { components, operations } from "./schema";
import type { PlanPatch, TokenJobInput } from "./types";

export type Level = components["schemas"]["OwnedLimitsOutput"]["level"];
type LimitsBody = components["schemas"]["LimitsInput"];
type BudgetsQuery = NonNullable<operations["list_budgets"]["parameters"]["query"]>;

const owner = (level: Level, id: string) => ({ path: { level, owner_id: level === "model" ? id.replaceAll("/", "~") : id } });

export const useOwnedLimits = (level: Level, id: string) => useQuery({ queryKey: ["limits", level, id], queryFn: () => tagged(api.GET("/api/v1/limits/{level}/{owner_id}", { params: owner(level, id) })) });
export const useOwnedMeters = (level: Level, id: string) =>
  useQuery({ queryKey: ["limits", level, id, "meters"], queryFn: () => body(api.GET("/api/v1/limits/{level}/{owner_id}/meters", { params: owner(level, id) })), refetchInterval: 2_000 });
export const useEveryLimit = () => useQuery({ queryKey: ["limits", "all"], queryFn: () => body(api.GET("/api/v1/limits")) });
export const putLimits = (level: Level, id: string, limits: LimitsBody, etag?: string) => tagged(api.PUT("/api/v1/limits/{level}/{owner_id}", { params: { ...owner(level, id), ...unchanged(etag) }, body: limits }));
export const giveTopUp = (level: Level, id: string, wish: components["schemas"]["TopUpInput"]) => body(api.POST("/api/v1/limits/{level}/{owner_id}/top-ups", { params: owner(level, id), body: wish }));
export const endTopUp = (level: Level, id: string, topUp: string) => api.DELETE("/api/v1/limits/{level}/{owner_id}/top-ups/{top_up_id}", { params: { path: { ...owner(level, id).path, top_up_id: topUp } } });

export const useBudgets = (filters: { level?: string; percent?: number; budgets_only?: boolean }) =>
  useQuery({ queryKey: ["budgets", filters], queryFn: () => body(api.GET("/api/v1/budgets", { params: { query: { ...(given(filters) as BudgetsQuery), limit: 100 } } })), refetchInterval: 10_000 });

const plan = (id: string) => ({ path: { plan_id: id } });
export const usePlans = () => useQuery({ queryKey: ["plans"], queryFn: () => body(api.GET("/api/v1/plans", { params: { query: { limit: 200 } } })) });
export const usePlan = (id: string) => useQuery({ queryKey: ["plan", id], queryFn: () => tagged(api.GET("/api/v1/plans/{plan_id}", { params: plan(id) })) });
export const createPlan = (wish: components["schemas"]["PlanInput"]) => body(api.POST("/api/v1/plans", { body: wish }));
export const changePlan = (id: string, change: PlanPatch, etag?: string) => tagged(api.PATCH("/api/v1/plans/{plan_id}", { params: { ...plan(id), ...unchanged(etag) }, body: change }));
export const deletePlan = (id: string) => api.DELETE("/api/v1/plans/{plan_id}", { params: plan(id) });

const job = (id: string) => ({ path: { job_id: id } });
export const previewJob = (wish: TokenJobInput) => body(api.POST("/api/v1/token-jobs/preview", { body: wish }));
export const startJob = (wish: TokenJobInput) => body(api.POST("/api/v1/token-jobs", { body: wish }));
export const undoJob = (id: string) => body(api.POST("/api/v1/token-jobs/{job_id}/undo", { params: job(id) }));
export const cancelJob = (id: string) => body(api.POST("/api/v1/token-jobs/{job_id}/cancel", { params: job(id) }));
export const useJob = (id: string | null) =>
  useQuery({ queryKey: ["token-job", id], enabled: id !== null, queryFn: () => body(api.GET("/api/v1/token-jobs/{job_id}", { params: job(id!) })), refetchInterval: (query) => (query.state.data && query.state.data.state !== "running" ? false : 700) });
export const useJobs = () => useQuery({ queryKey: ["token-jobs"], queryFn: () => body(api.GET("/api/v1/token-jobs", { params: { query: { limit: 20 } } })), refetchInterval: 5_000 });
