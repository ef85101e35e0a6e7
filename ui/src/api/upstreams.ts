/** Providers, models and services: what calls are sent to. */
import { useQuery } from "@tanstack/react-query";
import { get, patch, post, remove } from "./client";
import type { Model, Page, Provider, ProviderKind, ProviderTest, Service, Unpriced } from "./types";

export const useProviders = () => useQuery({ queryKey: ["providers"], queryFn: () => get<Page<Provider>>("/providers", { limit: 200 }) });
export const useProvider = (id: string) => useQuery({ queryKey: ["provider", id], queryFn: () => get<Provider>(`/providers/${id}`), enabled: id !== "" });
export const useProviderKinds = () => useQuery({ queryKey: ["provider-kinds"], queryFn: () => get<ProviderKind[]>("/provider-kinds"), staleTime: Infinity });
export const createProvider = (wish: Record<string, unknown>) => post<Provider>("/providers", wish);
export const changeProvider = (id: string, change: Record<string, unknown>) => patch<Provider>(`/providers/${id}`, change);
export const switchProvider = (id: string, act: "disable" | "enable") => post<Provider>(`/providers/${id}/${act}`, {});
export const testProvider = (id: string) => post<ProviderTest>(`/providers/${id}/test`, {});
export const deleteProvider = (id: string) => remove(`/providers/${id}`);

export const useModels = () => useQuery({ queryKey: ["models"], queryFn: () => get<Page<Model>>("/models", { limit: 1000 }) });
export const useUnpriced = () => useQuery({ queryKey: ["models", "unpriced"], queryFn: () => get<Page<Unpriced>>("/models/unpriced") });

export const useServices = () => useQuery({ queryKey: ["services"], queryFn: () => get<Page<Service>>("/services", { limit: 200 }) });
export const useService = (id: string) => useQuery({ queryKey: ["service", id], queryFn: () => get<Service>(`/services/${id}`), enabled: id !== "" });
export const createService = (wish: Record<string, unknown>) => post<Service>("/services", wish);
export const changeService = (id: string, change: Record<string, unknown>) => patch<Service>(`/services/${id}`, change);
export const switchService = (id: string, act: "disable" | "enable") => post<Service>(`/services/${id}/${act}`, {});
export const deleteService = (id: string) => remove(`/services/${id}`);
