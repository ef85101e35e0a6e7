/** Providers, models and services: what calls are sent to. */
import { useQuery } from "@tanstack/react-query";
import { api, body, given, tagged, unchanged, type Tagged } from "./client";
import { useList } from "./lists";
import type { Provider, ProviderInput, ProviderPatch, Service, ServiceInput, ServicePatch } from "./types";

const provider = (id: string) => ({ path: { provider_id: id } });
const service = (id: string) => ({ path: { service_id: id } });

export const firstProviders = { queryKey: ["providers"], queryFn: () => body(api.GET("/api/v1/providers", { params: { query: { limit: 200 } } })) };
export const useProviders = () => useQuery(firstProviders);
export const useProviderList = (search: string) => useList(["providers", "list", search], (cursor) => body(api.GET("/api/v1/providers", { params: { query: { ...given({ search }), cursor } } })));
export const useProvider = (id: string) =>
  useQuery({ queryKey: ["provider", id], queryFn: () => tagged(api.GET("/api/v1/providers/{provider_id}", { params: provider(id) })), enabled: id !== "" });
export const useProviderKinds = () => useQuery({ queryKey: ["provider-kinds"], queryFn: () => body(api.GET("/api/v1/provider-kinds")), staleTime: Infinity });
export const createProvider = (wish: ProviderInput) => body(api.POST("/api/v1/providers", { body: wish }));
export const changeProvider = (id: string, change: ProviderPatch, etag?: string) => tagged(api.PATCH("/api/v1/providers/{provider_id}", { params: { ...provider(id), ...unchanged(etag) }, body: change }));
export const testProvider = (id: string) => body(api.POST("/api/v1/providers/{provider_id}/test", { params: provider(id) }));
export const deleteProvider = (id: string) => api.DELETE("/api/v1/providers/{provider_id}", { params: provider(id) });

export function switchProvider(id: string, isOn: boolean): Promise<Tagged<Provider>> {
  const address = isOn ? "/api/v1/providers/{provider_id}/enable" : "/api/v1/providers/{provider_id}/disable";
  return tagged(api.POST(address, { params: provider(id) }));
}

/** Calls in flight and resting keys, read again each two seconds while the page is visible; an upstream with neither is left out. */
export const useUpstreamsNow = () => useQuery({ queryKey: ["upstreams"], queryFn: () => body(api.GET("/api/v1/upstreams")), refetchInterval: 2_000 });

export const useModels = () => useQuery({ queryKey: ["models"], queryFn: () => body(api.GET("/api/v1/models")), staleTime: 60_000 });
export const useUnpriced = () => useQuery({ queryKey: ["models", "unpriced"], queryFn: () => body(api.GET("/api/v1/models/unpriced")) });

export const firstServices = { queryKey: ["services"], queryFn: () => body(api.GET("/api/v1/services", { params: { query: { limit: 200 } } })) };
export const useServices = () => useQuery(firstServices);
export const useServiceList = (search: string) => useList(["services", "list", search], (cursor) => body(api.GET("/api/v1/services", { params: { query: { ...given({ search }), cursor } } })));
export const useService = (id: string) =>
  useQuery({ queryKey: ["service", id], queryFn: () => tagged(api.GET("/api/v1/services/{service_id}", { params: service(id) })), enabled: id !== "" });
export const createService = (wish: ServiceInput) => body(api.POST("/api/v1/services", { body: wish }));
export const changeService = (id: string, change: ServicePatch, etag?: string) => tagged(api.PATCH("/api/v1/services/{service_id}", { params: { ...service(id), ...unchanged(etag) }, body: change }));
export const deleteService = (id: string) => api.DELETE("/api/v1/services/{service_id}", { params: service(id) });

export function switchService(id: string, isOn: boolean): Promise<Tagged<Service>> {
  const address = isOn ? "/api/v1/services/{service_id}/enable" : "/api/v1/services/{service_id}/disable";
  return tagged(api.POST(address, { params: service(id) }));
}
