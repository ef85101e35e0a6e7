/** What the signed-in person may do. Hiding what may not be done is a courtesy: the console itself refuses it. */
import { useSession } from "./gateway";
import type { components } from "./schema";

export type Permission = components["schemas"]["Permission"];
export type Reach = components["schemas"]["Reach"];

const ORDER: Reach[] = ["own", "team", "all"];

export type Rights = {
  userId: string;
  teamIds: string[];
  may: (permission: Permission, reach?: Reach) => boolean;
  /** Whether the permission holds over a row of this team or owner; without either: over the installation's own. */
  reaches: (permission: Permission, teamId: string | null | undefined, ownerId?: string | null) => boolean;
};

/** While the session is being read nothing is permitted. */
export function useRights(): Rights {
  const session = useSession().data;
  const userId = session?.user.id ?? "";
  const teamIds = session?.team_ids ?? [];
  const reachOf = (permission: Permission) => session?.rights.find((right) => right.permission === permission)?.reach;
  return {
    userId,
    teamIds,
    may: (permission, reach = "own") => {
      const held = reachOf(permission);
      return held !== undefined && ORDER.indexOf(held) >= ORDER.indexOf(reach);
    },
    reaches: (permission, teamId, ownerId) => {
      const held = reachOf(permission);
      if (held === undefined || held === "all") return held === "all";
      return (Boolean(ownerId) && ownerId === userId) || (held === "team" && Boolean(teamId) && teamIds.includes(teamId!));
    },
  };
}
