/** Acts on tokens. What can be undone is shown at once, with undo, and taken back when the console refuses; a
revocation is shown when it is committed, not before. */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { actOnToken, type TokenAct, type Why } from "../../api/tokens";
import type { Token } from "../../api/types";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";

const AFTER: Record<TokenAct, Token["state"]> = { disable: "disabled", enable: "active", revoke: "revoked" };
const DONE: Record<TokenAct, string> = { disable: "disabled", enable: "enabled", revoke: "revoked" };
const OPPOSITE: Partial<Record<TokenAct, TokenAct>> = { disable: "enable", enable: "disable" };
type Lists = { pages: { items: Token[] }[] };

export function useTokenActs() {
  const client = useQueryClient();
  const run = async (tokens: Token[], act: TokenAct, why?: Why) => {
    const back = OPPOSITE[act];
    if (back) for (const token of tokens) show(client, { ...token, state: AFTER[act] });
    const results = await Promise.allSettled(tokens.map((token) => actOnToken(token.id, act, why)));
    const done: Token[] = [];
    results.forEach((result, index) => {
      if (result.status === "fulfilled") {
        show(client, result.value);
        done.push(result.value);
      } else {
        show(client, tokens[index]);
        complain(result.reason);
      }
    });
    void client.invalidateQueries({ queryKey: ["tokens"] });
    void client.invalidateQueries({ queryKey: ["attention"] });
    if (!done.length) return;
    const words = done.length === 1 ? done[0].name : plural(done.length, "token");
    say(`${words} ${DONE[act]}: the next call already knows`, back && { label: "Undo", run: () => void run(done, back) });
  };
  return run;
}

/** Put a token's newest state into everything on screen. */
function show(client: QueryClient, token: Token): void {
  client.setQueryData(["token", token.id], token);
  client.setQueriesData<Lists>({ queryKey: ["tokens"], predicate: (query) => query.queryKey[1] !== "find" }, (lists) =>
    lists && { ...lists, pages: lists.pages.map((page) => ({ ...page, items: page.items.map((item) => (item.id === token.id ? token : item)) })) },
  );
}
