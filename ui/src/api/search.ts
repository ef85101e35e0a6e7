/** What the search of the frame finds: on the server by the beginning of a name, and in the first of each short list by any part of it. */
import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { firstApplications, firstTeams } from "./applications";
import { api, body } from "./client";
import { useRights, type Permission } from "./rights";
import { firstProviders, firstServices } from "./upstreams";

export type Found = { group: string; label: string; hint: string; href: string };
type Named = { id: string; name: string };
type Query = { search: string; limit: number };
type First = { queryKey: string[]; queryFn: () => Promise<{ items: Named[] }> };
type Kind = { group: string; needs: Permission; path: string; find: (query: Query) => Promise<{ items: Named[] }>; hint?: (item: never) => string; first?: First };

/** Of each kind; who wants more searches its own page. */
const OF_EACH = 5;

const KINDS: Kind[] = [
  { group: "Tokens", needs: "tokens.read", path: "/tokens", find: (query) => body(api.GET("/api/v1/tokens", { params: { query } })), hint: (token: { masked: string }) => token.masked },
  { group: "People", needs: "users.read", path: "/people", find: (query) => body(api.GET("/api/v1/users", { params: { query } })), hint: (person: { role_name: string }) => person.role_name },
  { group: "Applications", needs: "applications.read", path: "/applications", find: (query) => body(api.GET("/api/v1/applications", { params: { query } })), first: firstApplications },
  { group: "Teams", needs: "teams.read", path: "/teams", find: (query) => body(api.GET("/api/v1/teams", { params: { query } })), first: firstTeams },
  { group: "Service accounts", needs: "service_accounts.read", path: "/service-accounts", find: (query) => body(api.GET("/api/v1/service-accounts", { params: { query } })) },
  { group: "Services", needs: "services.read", path: "/services", find: (query) => body(api.GET("/api/v1/services", { params: { query } })), first: firstServices },
  { group: "Providers", needs: "providers.read", path: "/providers", find: (query) => body(api.GET("/api/v1/providers", { params: { query } })), first: firstProviders },
  { group: "Models", needs: "models.read", path: "", find: async (query) => ({ items: (await body(api.GET("/api/v1/models", { params: { query } }))).items.map(({ name }) => ({ id: name, name })) }) },
];

/** What was found of each kind, in their order. While another text is asked for, what of the last answer still fits stays. */
export function useFound(text: string, isWanted: boolean): { found: Found[]; isLooking: boolean } {
  const { may } = useRights();
  const answers = useQueries({
    queries: KINDS.map(({ group, needs, find }) => ({
      queryKey: ["found", group, text],
      queryFn: () => find({ search: text, limit: OF_EACH }),
      enabled: isWanted && may(needs),
      placeholderData: keepPreviousData,
      staleTime: 10_000,
    })),
  });
  const firsts = useQueries({ queries: KINDS.map(({ first, needs, group }) => ({ queryKey: ["found", group, "none"], queryFn: none, ...first, enabled: Boolean(first) && may(needs), staleTime: 60_000 })) });
  if (!isWanted) return { found: [], isLooking: false };
  const words = text.toLowerCase();
  const fits = (item: Named) => item.name.toLowerCase().includes(words);
  const found = KINDS.flatMap((kind, at) => {
    const answer = answers[at];
    const asked = (answer.isPlaceholderData ? answer.data?.items.filter(fits) : answer.data?.items) ?? [];
    const known = new Set(asked.map((item) => item.id));
    const more = (firsts[at].data?.items ?? []).filter((item) => !known.has(item.id) && fits(item));
    return [...asked, ...more].slice(0, OF_EACH).map((item) => show(kind, item));
  });
  return { found, isLooking: answers.some((answer) => answer.isFetching) };
}

const none = () => Promise.resolve({ items: [] as Named[] });

function show({ group, path, hint }: Kind, item: Named): Found {
  const href = path ? `${path}/${item.id}` : `/models?search=${encodeURIComponent(item.name)}`;
  return { group, label: item.name, hint: hint ? hint(item as never) : group.toLowerCase().replace(/s$/, ""), href };
}
