/** The rights that a level itself has, with the way to change them. */
import { useState, type ReactNode } from "react";
import { Button } from "@mantine/core";
import { useOwnRights, type RightsOwner } from "../api/gateway_rights";
import { useServices } from "../api/upstreams";
import { Loaded, Panel } from "./page";
import { RightsDialog } from "./rights_form";
import { RightsWords } from "./rights_words";

export function OwnRights({ owner, name, note, canEdit }: { owner: RightsOwner; name: string; note: ReactNode; canEdit: boolean }) {
  const own = useOwnRights(owner);
  const services = useServices().data?.items ?? [];
  const [isOpen, setOpen] = useState(false);
  return (
    <Panel title="Rights" note={note} acts={canEdit && own.data && <Button variant="subtle" size="compact-xs" onClick={() => setOpen(true)}>Edit rights</Button>}>
      <Loaded query={own} rows={3}>
        {(found) => (
          <>
            <RightsWords rights={found.rights} nameOf={(id) => services.find((service) => service.id === id)?.name ?? id} />
            {isOpen && <RightsDialog owner={owner} name={name} owned={found} close={() => setOpen(false)} />}
          </>
        )}
      </Loaded>
    </Panel>
  );
}
