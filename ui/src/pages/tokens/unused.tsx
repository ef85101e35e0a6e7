/** What the token may and did not for 90 days, and taking it away with one click. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { Tagged } from "../../api/client";
import { changeToken } from "../../api/tokens";
import { useUnused, type Unused } from "../../api/token_life";
import { useServices } from "../../api/upstreams";
import type { Token, TokenPatch } from "../../api/types";
import { complain, say } from "../../frame/toasts";
import { plural } from "../../format/numbers";
import { Panel } from "../../parts/page";
import { When } from "../../parts/words";

export function UnusedRights({ token, canEdit }: { token: Tagged<Token>; canEdit: boolean }) {
  const found = useUnused(token.id).data;
  const client = useQueryClient();
  const services = useServices().data?.items ?? [];
  if (!found || token.state === "revoked" || !(found.models.is_too_wide || found.services.is_too_wide)) return null;
  const wish: TokenPatch = { ...(found.models.is_too_wide && { models: found.models.used }), ...(found.services.is_too_wide && { services: found.services.used }) };
  const before: TokenPatch = { ...(found.models.is_too_wide && { models: token.models }), ...(found.services.is_too_wide && { services: token.services }) };
  const put = () => {
    for (const key of [["token", token.id], ["tokens"]]) void client.invalidateQueries({ queryKey: key });
  };
  const narrow = async () => {
    try {
      const changed = await changeToken(token.id, wish, token.etag);
      say("Narrowed: the next call already knows", { label: "Undo", run: () => void changeToken(token.id, before, changed.etag).then(put, complain) });
    } catch (error) {
      complain(error);
    }
    put();
  };
  const name = (id: string) => services.find((service) => service.id === id)?.name ?? id;
  return (
    <Panel title="Granted and not used" acts={canEdit && <Button variant="subtle" size="compact-xs" onClick={() => void narrow()}>Narrow to what was used</Button>}>
      <p className="soft">Since <When value={found.since} />: {words(found)}.</p>
      <p className="muted small">Afterwards it may use {list(wish.models, "model") ?? "the same models"} and {list(wish.services?.map(name), "service") ?? "the same services"}. This can be undone.</p>
    </Panel>
  );
}

function words(found: Unused): string {
  const parts = [];
  if (found.models.is_too_wide) parts.push(found.models.granted ? `${plural(found.models.unused.length, "model")} not used: ${found.models.unused.join(", ")}` : `all models are allowed, ${plural(found.models.used.length, "model was", "models were")} used`);
  if (found.services.is_too_wide) parts.push(found.services.granted ? `${plural(found.services.unused.length, "service")} not used` : `all services are allowed, ${plural(found.services.used.length, "service was", "services were")} used`);
  return parts.join("; ");
}

function list(names: string[] | null | undefined, noun: string): string | undefined {
  if (!names) return undefined;
  return names.length ? names.join(", ") : `no ${noun}`;
}
