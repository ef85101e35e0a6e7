/** Lists that are read page by page, newest first. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

/** `fetch` asks for one page; without a cursor, for the first. The last page stays shown while another list is fetched. */
export function useList<Page extends { next_cursor?: string | null }>(key: unknown[], fetch: (cursor: string | undefined) => Promise<Page>) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetch(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}
