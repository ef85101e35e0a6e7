/** One's own account: where one is signed in, and one's password. */
import { useQuery } from "@tanstack/react-query";
import { api, body, setCsrf } from "./client";

export const useOwnSessions = () => useQuery({ queryKey: ["account", "sessions"], queryFn: () => body(api.GET("/api/v1/account/sessions")), refetchInterval: 30_000 });
export const endOwnSession = (id: string) => api.DELETE("/api/v1/account/sessions/{session_id}", { params: { path: { session_id: id } } });
export const endOtherSessions = () => body(api.POST("/api/v1/account/sessions/end-others"));

/** Every session ends with it; this browser goes on with a new one, whose value later changes repeat. */
export async function changePassword(current: string, next: string): Promise<void> {
  const session = await body(api.POST("/api/v1/account/password", { body: { current, new: next } }));
  setCsrf(session.csrf);
}
