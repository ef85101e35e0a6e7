/** Applications and the teams that own them. */
import { useQuery } from "@tanstack/react-query";
import { get, patch, post, remove } from "./client";
import type { Application, Limits, Meters, Page, Team } from "./types";

export type ApplicationWish = { name: string; team_id?: string; limits?: Limits };

export const useApplications = () => useQuery({ queryKey: ["applications"], queryFn: () => get<Page<Application>>("/applications", { limit: 200 }) });
export const useApplication = (id: string) => useQuery({ queryKey: ["application", id], queryFn: () => get<Application>(`/applications/${id}`) });
export const useApplicationMeters = (id: string) => useQuery({ queryKey: ["application", id, "meters"], queryFn: () => get<Meters>(`/applications/${id}/meters`), refetchInterval: 2_000 });
export const useTeams = () => useQuery({ queryKey: ["teams"], queryFn: () => get<Page<Team>>("/teams", { limit: 200 }) });

export const createApplication = (wish: ApplicationWish) => post<Application>("/applications", wish);
export const changeApplication = (id: string, change: Partial<ApplicationWish>) => patch<Application>(`/applications/${id}`, change);
export const switchApplication = (id: string, act: "disable" | "enable") => post<Application>(`/applications/${id}/${act}`, {});
export const deleteApplication = (id: string) => remove(`/applications/${id}`);
