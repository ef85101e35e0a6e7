/** Decoys: tokens that nobody uses, so that any use is an alarm. */
import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import IconFishHook from "@tabler/icons-react/dist/esm/icons/IconFishHook.mjs";
import { issueDecoy, removeDecoy, useDecoys, type Decoy, type IssuedDecoy } from "../../api/security";
import { complain, say } from "../../frame/toasts";
import { Empty, Loaded, Panel } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { Ago, Code } from "../../parts/words";

export function Decoys({ mayChange }: { mayChange: boolean }) {
  const decoys = useDecoys();
  const client = useQueryClient();
  const [isMaking, setMaking] = useState(false);
  const make = mayChange && <Button onClick={() => setMaking(true)}>Make a decoy</Button>;
  const remove = (decoy: Decoy) =>
    void removeDecoy(decoy.token_id).then(() => { say(`${decoy.name} is watched for no more`); void client.invalidateQueries({ queryKey: ["security"] }); }, complain);
  const columns: Column<Decoy>[] = [
    { id: "name", title: "Name", isFixed: true, show: (decoy) => <strong>{decoy.name}</strong> },
    { id: "masked", title: "Token", show: (decoy) => <span className="mono">{decoy.masked}</span> },
    { id: "place", title: "Where it is", show: (decoy) => decoy.place || <span className="muted">not said</span> },
    { id: "made", title: "Made", show: (decoy) => <Ago value={decoy.created_at} /> },
    ...(mayChange ? [{ id: "act", title: "Acts", isEnd: true, show: (decoy: Decoy) => <Button size="xs" variant="default" aria-label={`Remove ${decoy.name}`} onClick={() => remove(decoy)}>Remove</Button> }] : []),
  ];
  return (
    <Panel title="Decoys" acts={make} flush>
      <Loaded query={decoys} rows={4}>
        {({ items }) => items.length ? <Table label="Decoys" columns={columns} rows={items} keyOf={(decoy) => decoy.token_id} /> : (
          <Empty icon={<IconFishHook size={30} stroke={1.4} />} title="No decoys yet" act={make}>
            A decoy looks like a token and never works. Put one where only a thief looks: a wiki, a backup, a shared disk. Whoever uses it is noticed at once.
          </Empty>
        )}
      </Loaded>
      {isMaking && <Make close={() => setMaking(false)} />}
    </Panel>
  );
}

function Make({ close }: { close: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [place, setPlace] = useState("");
  const [issued, setIssued] = useState<IssuedDecoy | null>(null);
  const make = async () => {
    try {
      setIssued(await issueDecoy(name.trim(), place.trim()));
      void client.invalidateQueries({ queryKey: ["security"] });
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Modal opened onClose={close} title={issued ? "The decoy, shown once" : "Make a decoy"} size="lg">
      {issued ? (
        <div className="stack-small">
          <p className="soft">Put it where you said: {issued.place || "where only a thief finds it"}. It cannot be shown again.</p>
          <Code text={issued.token} label="Copy the decoy" />
          <div className="row-end"><Button onClick={close}>Done</Button></div>
        </div>
      ) : (
        <form className="form" onSubmit={(event) => { event.preventDefault(); void make(); }}>
          <TextInput label="Name" description="What it looks like it is for" required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
          <TextInput label="Where you put it" description="For you to remember" maxLength={200} value={place} onChange={(event) => setPlace(event.currentTarget.value)} />
          <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" disabled={!name.trim()}>Make it</Button></div>
        </form>
      )}
    </Modal>
  );
}
