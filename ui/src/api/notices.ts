/** Webhooks, their deliveries, and how mail is sent. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body, given, newKey, tagged, unchanged } from "./client";
import type { components, operations } from "./schema";

type Schemas = components["schemas"];
type DeliveriesQuery = NonNullable<operations["list_deliveries"]["parameters"]["query"]>;
export type Webhook = Schemas["WebhookOutput"];
export type WebhookSecret = Schemas["WebhookSecretOutput"];
export type WebhookInput = Schemas["WebhookInput"];
export type WebhookPatch = Schemas["WebhookPatch"];
export type EventKind = Schemas["EventOutput"];
export type Delivery = Schemas["DeliveryOutput"];
export type DeliveryDetail = Schemas["DeliveryDetailOutput"];
export type MailInput = Schemas["MailInput"];
export type MailServer = Schemas["MailServerOutput"];
export type DeliveryFilters = { state?: string; event?: string };

const hook = (id: string) => ({ path: { webhook_id: id } });
const message = (id: string, deliveryId: string) => ({ path: { webhook_id: id, delivery_id: deliveryId } });

export const useWebhooks = () => useQuery({ queryKey: ["webhooks"], queryFn: () => body(api.GET("/api/v1/webhooks")), refetchInterval: 15_000 });
export const useWebhook = (id: string) => useQuery({ queryKey: ["webhook", id], queryFn: () => tagged(api.GET("/api/v1/webhooks/{webhook_id}", { params: hook(id) })), refetchInterval: 15_000 });
export const useEventKinds = () => useQuery({ queryKey: ["event-kinds"], queryFn: () => body(api.GET("/api/v1/webhooks/events")), staleTime: Infinity });
export const createWebhook = (wish: WebhookInput) => body(api.POST("/api/v1/webhooks", { body: wish, params: { header: { "Idempotency-Key": newKey() } } }));
export const changeWebhook = (id: string, change: WebhookPatch, etag?: string) => body(api.PATCH("/api/v1/webhooks/{webhook_id}", { params: { ...hook(id), ...unchanged(etag) }, body: change }));
export const deleteWebhook = (id: string) => api.DELETE("/api/v1/webhooks/{webhook_id}", { params: hook(id) });
export const replaceSecret = (id: string) => body(api.POST("/api/v1/webhooks/{webhook_id}/secret", { params: hook(id), body: { overlap_seconds: 86_400 } }));
export const testWebhook = (id: string) => body(api.POST("/api/v1/webhooks/{webhook_id}/test", { params: hook(id) }));
export const resend = (id: string, deliveryId: string) => body(api.POST("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", { params: message(id, deliveryId) }));

export function switchWebhook(id: string, isOn: boolean): Promise<Webhook> {
  if (isOn) return body(api.POST("/api/v1/webhooks/{webhook_id}/enable", { params: hook(id) }));
  return body(api.POST("/api/v1/webhooks/{webhook_id}/disable", { params: hook(id) }));
}

export function useDeliveries(id: string, filters: DeliveryFilters) {
  return useInfiniteQuery({
    queryKey: ["webhook", id, "deliveries", filters],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/webhooks/{webhook_id}/deliveries", { params: { ...hook(id), query: { ...(given(filters) as DeliveriesQuery), limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
}

export const useDelivery = (id: string, deliveryId: string) => useQuery({ queryKey: ["webhook", id, "delivery", deliveryId], queryFn: () => body(api.GET("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", { params: message(id, deliveryId) })) });

export const useMail = () => useQuery({ queryKey: ["mail"], queryFn: () => tagged(api.GET("/api/v1/mail")) });
export const setUpMail = (wish: MailInput, etag?: string) => body(api.PUT("/api/v1/mail", { body: wish, params: unchanged(etag) }));
export const removeMail = () => api.DELETE("/api/v1/mail");
export const testMail = (to: string) => body(api.POST("/api/v1/mail/test", { body: { to } }));
