/** People, the teams they are in, and the roles they have. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, given, newKey } from "./client";
import type { operations } from "./schema";
import type { Ended, MembersAct, PeopleAct, RoleInput, RolePatch, UserInput, UserPatch } from "./types";

type UsersQuery = NonNullable<operations["list_users"]["parameters"]["query"]>;
export type UserFilters = { state?: string; role?: string; team_id?: string; search?: string };

const user = (id: string) => ({ path: { user_id: id } });
const team = (id: string) => ({ path: { team_id: id } });
const role = (id: string) => ({ path: { role_id: id } });
const member = (teamId: string, userId: string) => ({ path: { team_id: teamId, user_id: userId } });

export function useUsers(filters: UserFilters, limit = 50, enabled = true) {
  return useInfiniteQuery({
    queryKey: ["users", filters, limit],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/users", { params: { query: { ...(given(filters) as UsersQuery), limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export const useUser = (id: string) => useQuery({ queryKey: ["user", id], queryFn: () => body(api.GET("/api/v1/users/{user_id}", { params: user(id) })) });
export const inviteUser = (wish: UserInput) => body(api.POST("/api/v1/users", { body: wish, params: { header: { "Idempotency-Key": newKey() } } }));
export const changeUser = (id: string, change: UserPatch) => body(api.PATCH("/api/v1/users/{user_id}", { params: user(id), body: change }));
export const linkUser = (id: string) => body(api.POST("/api/v1/users/{user_id}/link", { params: user(id) }));
export const reactivateUser = (id: string) => body(api.POST("/api/v1/users/{user_id}/reactivate", { params: user(id) }));
export const resetFactors = (id: string) => body(api.POST("/api/v1/users/{user_id}/reset-factors", { params: { path: { user_id: id } } }));
export const handOver = (id: string, to: string) => body(api.POST("/api/v1/users/{user_id}/hand-over", { params: user(id), body: { to_user_id: to } }));

export function endUser(id: string, act: "deactivate" | "delete"): Promise<Ended> {
  if (act === "delete") return body(api.DELETE("/api/v1/users/{user_id}", { params: user(id) }));
  return body(api.POST("/api/v1/users/{user_id}/deactivate", { params: user(id) }));
}

export const useTeam = (id: string) => useQuery({ queryKey: ["team", id], queryFn: () => body(api.GET("/api/v1/teams/{team_id}", { params: team(id) })) });
export const createTeam = (name: string) => body(api.POST("/api/v1/teams", { body: { name } }));
export const renameTeam = (id: string, name: string) => body(api.PATCH("/api/v1/teams/{team_id}", { params: team(id), body: { name } }));
export const deleteTeam = (id: string) => api.DELETE("/api/v1/teams/{team_id}", { params: team(id) });
export const joinTeam = (teamId: string, userId: string) => api.PUT("/api/v1/teams/{team_id}/members/{user_id}", { params: member(teamId, userId) });
export const leaveTeam = (teamId: string, userId: string) => api.DELETE("/api/v1/teams/{team_id}/members/{user_id}", { params: member(teamId, userId) });

export const matchingPeople = (filters: UserFilters) => body(api.GET("/api/v1/users/acts/matching", { params: { query: given(filters) as UsersQuery } }));
export const previewPeople = (act: PeopleAct) => body(api.POST("/api/v1/users/acts/preview", { body: act }));
export const actOnPeople = (act: PeopleAct) => body(api.POST("/api/v1/users/acts", { body: act }));
export const previewMembers = (id: string, act: MembersAct) => body(api.POST("/api/v1/teams/{team_id}/members/acts/preview", { params: team(id), body: act }));
export const actOnMembers = (id: string, act: MembersAct) => body(api.POST("/api/v1/teams/{team_id}/members/acts", { params: team(id), body: act }));

export function useMembers(id: string) {
  return useInfiniteQuery({
    queryKey: ["team", id, "members"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/teams/{team_id}/members", { params: { ...team(id), query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export const useRoles = (enabled = true) => useQuery({ queryKey: ["roles"], queryFn: () => body(api.GET("/api/v1/roles")), enabled });
export const usePermissions = () => useQuery({ queryKey: ["permissions"], queryFn: () => body(api.GET("/api/v1/roles/permissions")), staleTime: Infinity });
export const createRole = (wish: RoleInput) => body(api.POST("/api/v1/roles", { body: wish }));
export const changeRole = (id: string, change: RolePatch) => body(api.PATCH("/api/v1/roles/{role_id}", { params: role(id), body: change }));
export const deleteRole = (id: string) => api.DELETE("/api/v1/roles/{role_id}", { params: role(id) });
