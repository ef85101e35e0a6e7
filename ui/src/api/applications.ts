/** Applications and the teams that own them. */
import { useQuery } from "@tanstack/react-query";
import { api, body, given, tagged, unchanged, type Tagged } from "./client";
import { useList } from "./lists";
import type { Application, ApplicationInput, ApplicationPatch } from "./types";

const at = (id: string) => ({ path: { application_id: id } });

export const firstApplications = { queryKey: ["applications"], queryFn: () => body(api.GET("/api/v1/applications", { params: { query: { limit: 200 } } })) };
export const useApplications = () => useQuery(firstApplications);
/** `search` is the beginning of a name. */
export const useApplicationList = (search: string) => useList(["applications", "list", search], (cursor) => body(api.GET("/api/v1/applications", { params: { query: { ...given({ search }), cursor } } })));
export const useApplication = (id: string) => useQuery({ queryKey: ["application", id], queryFn: () => tagged(api.GET("/api/v1/applications/{application_id}", { params: at(id) })) });
export const useApplicationMeters = (id: string) =>
  useQuery({ queryKey: ["application", id, "meters"], queryFn: () => body(api.GET("/api/v1/applications/{application_id}/meters", { params: at(id) })), refetchInterval: 2_000 });
export const firstTeams = { queryKey: ["teams"], queryFn: () => body(api.GET("/api/v1/teams", { params: { query: { limit: 200 } } })) };
export const useTeams = (isWanted = true) => useQuery({ ...firstTeams, enabled: isWanted });
export const useTeamList = (search: string) => useList(["teams", "list", search], (cursor) => body(api.GET("/api/v1/teams", { params: { query: { ...given({ search }), cursor } } })));

export const createApplication = (wish: ApplicationInput) => body(api.POST("/api/v1/applications", { body: wish }));
export const changeApplication = (id: string, change: ApplicationPatch, etag?: string) => tagged(api.PATCH("/api/v1/applications/{application_id}", { params: { ...at(id), ...unchanged(etag) }, body: change }));
export const deleteApplication = (id: string) => api.DELETE("/api/v1/applications/{application_id}", { params: at(id) });

export function switchApplication(id: string, isOn: boolean): Promise<Tagged<Application>> {
  const address = isOn ? "/api/v1/applications/{application_id}/enable" : "/api/v1/applications/{application_id}/disable";
  return tagged(api.POST(address, { params: at(id) }));
}
