/** Switching several chosen things on or off at once, with undo. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { complain, say } from "../frame/toasts";
import { plural } from "../format/numbers";

type Switchable = { id: string; name: string; state: string };

export function BulkSwitch({ noun, picked, clear, turn, stale }: { noun: string; picked: Switchable[]; clear: () => void; turn: (id: string, isOn: boolean) => Promise<unknown>; stale: string[] }) {
  const client = useQueryClient();
  const run = async (those: Switchable[], isOn: boolean) => {
    const done: Switchable[] = [];
    // One after the other: the first may ask for a proof of who one is, which then counts for the rest.
    for (const one of those) await turn(one.id, isOn).then(() => done.push(one), complain);
    for (const key of stale) void client.invalidateQueries({ queryKey: [key] });
    if (!done.length) return;
    const words = done.length === 1 ? done[0].name : plural(done.length, noun);
    say(`${words} ${isOn ? "enabled" : "disabled"}: the next call already knows`, { label: "Undo", run: () => void run(done, !isOn) });
  };
  const start = (those: Switchable[], isOn: boolean) => {
    clear();
    void run(those, isOn);
  };
  const active = picked.filter((one) => one.state === "active");
  const disabled = picked.filter((one) => one.state === "disabled");
  if (!picked.length) return null;
  return (
    <div className="bulk" role="group" aria-label={`Acts on the selected ${noun}s`}>
      <strong>{plural(picked.length, noun)} selected</strong>
      <Button variant="default" disabled={!active.length} onClick={() => start(active, false)}>Disable</Button>
      <Button variant="default" disabled={!disabled.length} onClick={() => start(disabled, true)}>Enable</Button>
      <Button variant="subtle" onClick={clear}>Clear</Button>
    </div>
  );
}
