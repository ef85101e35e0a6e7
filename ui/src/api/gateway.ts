/** Session, gateway facts, checklist, and what needs attention. */
import { useQuery } from "@tanstack/react-query";
import { get, remove, setCsrf } from "./client";
import type { Attention, Checklist, Gateway, Session } from "./types";

export function useSession() {
  return useQuery({
    queryKey: ["session"],
    queryFn: async () => {
      const session = await get<Session>("/session");
      setCsrf(session.csrf);
      return session;
    },
    staleTime: 10 * 60_000,
  });
}

export const useGateway = () => useQuery({ queryKey: ["gateway"], queryFn: () => get<Gateway>("/gateway"), staleTime: 30_000 });
export const useChecklist = () => useQuery({ queryKey: ["checklist"], queryFn: () => get<Checklist>("/checklist"), refetchInterval: (query) => (query.state.data?.is_done ? 60_000 : 3_000) });
export const useAttention = () => useQuery({ queryKey: ["attention"], queryFn: () => get<Attention>("/attention"), refetchInterval: 30_000 });

export async function signOut(): Promise<void> {
  await remove("/session");
  location.assign("/sign-in");
}
