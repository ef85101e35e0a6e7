/** What the signed-in person may do. Hiding what may not be done is a courtesy: the console itself refuses it. */
import { useSession } from "./gateway";
import type { components } from "./schema";

export type Permission = components["schemas"]["Permission"];
export type Reach = components["schemas"]["Reach"];

const ORDER: Reach[] = ["own", "team", "all"];

export type Rights = { userId: string; may: (permission: Permission, reach?: Reach) => boolean };

/** While the session is being read nothing is permitted. */
export function useRights(): Rights {
  const session = useSession().data;
  return {
    userId: session?.user.id ?? "",
    may: (permission, reach = "own") => {
      const held = session?.rights.find((right) => right.permission === permission);
      return held !== undefined && ORDER.indexOf(held.reach) >= ORDER.indexOf(reach);
    },
  };
}
