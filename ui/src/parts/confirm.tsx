/** Asking before an act. What cannot be undone is confirmed by typing the thing's name. `isKept`: `run` says what comes next. */
import { useState, type ReactNode } from "react";
import { Button, Modal, TextInput } from "@mantine/core";

export function Confirm({ title, children, act, typed, isDangerous = true, isKept = false, run, close }: {
  title: string; children: ReactNode; act: string; typed?: string; isDangerous?: boolean; isKept?: boolean; run: () => Promise<unknown>; close: () => void;
}) {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const isReady = typed === undefined || text.trim() === typed;
  const go = async () => {
    if (!isReady || isBusy) return;
    setBusy(true);
    try {
      await run();
      if (!isKept) close();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={close} title={title} size="md">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void go(); }}>
        <div className="soft">{children}</div>
        {typed !== undefined && <TextInput label={<>Type <b>{typed}</b> to confirm</>} value={text} onChange={(event) => setText(event.currentTarget.value)} data-autofocus autoComplete="off" />}
        <div className="row-end">
          <Button variant="default" onClick={close}>Cancel</Button>
          <Button type="submit" color={isDangerous ? "red" : undefined} disabled={!isReady} loading={isBusy}>{act}</Button>
        </div>
      </form>
    </Modal>
  );
}
