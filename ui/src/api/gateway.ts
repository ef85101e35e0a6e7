/** Session, gateway facts, checklist, and what needs attention. */
import { useQuery } from "@tanstack/react-query";
import { api, body, setCsrf } from "./client";
import { allowLive } from "./live";

export function useSession() {
  return useQuery({
    queryKey: ["session"],
    queryFn: async () => {
      const session = await body(api.GET("/api/v1/session"));
      setCsrf(session.csrf);
      allowLive(session.rights.some((right) => right.permission === "calls.read"));
      return session;
    },
    staleTime: 10 * 60_000,
  });
}

export const useGateway = () => useQuery({ queryKey: ["gateway"], queryFn: () => body(api.GET("/api/v1/gateway")), staleTime: 30_000 });
export const useChecklist = () => useQuery({ queryKey: ["checklist"], queryFn: () => body(api.GET("/api/v1/checklist")), refetchInterval: (query) => (query.state.data?.is_done ? 60_000 : 3_000) });
export const useAttention = () => useQuery({ queryKey: ["attention"], queryFn: () => body(api.GET("/api/v1/attention")), refetchInterval: 30_000 });

export async function signOut(): Promise<void> {
  await api.DELETE("/api/v1/session");
  location.assign("/sign-in");
}
