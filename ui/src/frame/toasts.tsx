/** Short messages at the corner, with one act (undo) where there is one. Spoken by screen readers. */
import { useSyncExternalStore } from "react";
import { Button, CloseButton } from "@mantine/core";
import IconAlertTriangle from "@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs";
import IconCheck from "@tabler/icons-react/dist/esm/icons/IconCheck.mjs";
import { Problem } from "../api/client";

type Toast = { id: number; text: string; isProblem: boolean; act?: { label: string; run: () => void } };

const SHOWN_MS = 7_000;
let toasts: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function drop(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function say(text: string, act?: Toast["act"]): void {
  show({ id: ++last, text, isProblem: false, act });
}

export function complain(error: unknown): void {
  const text = error instanceof Problem ? [error.title, error.detail].filter(Boolean).join(": ") : String(error);
  show({ id: ++last, text, isProblem: true });
}

function show(toast: Toast): void {
  set([...toasts.slice(-3), toast]);
  window.setTimeout(() => drop(toast.id), toast.isProblem ? 2 * SHOWN_MS : SHOWN_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div className="toast" key={toast.id}>
          {toast.isProblem ? <IconAlertTriangle size={17} color="var(--bad)" /> : <IconCheck size={17} color="var(--ok)" />}
          <span className="grow">{toast.text}</span>
          {toast.act && (
            <Button variant="subtle" size="compact-xs" onClick={() => { toast.act!.run(); drop(toast.id); }}>
              {toast.act.label}
            </Button>
          )}
          <CloseButton size="sm" aria-label="Dismiss" onClick={() => drop(toast.id)} />
        </div>
      ))}
    </div>
  );
}
