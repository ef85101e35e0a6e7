/** Asking for a proof of who one is, before a refused act is sent again. One question for all acts that wait. */
import { useSyncExternalStore } from "react";

let waiting: ((isConfirmed: boolean) => void)[] = [];
const listeners = new Set<() => void>();

function set(next: typeof waiting): void {
  waiting = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Opens the dialog; true once the person has proved who they are, false when they would rather not. */
export const askToConfirm = (): Promise<boolean> => new Promise((resolve) => set([...waiting, resolve]));

/** Ends the question for everybody who waits. */
export function settle(isConfirmed: boolean): void {
  const before = waiting;
  set([]);
  for (const resolve of before) resolve(isConfirmed);
}

export const useIsAsked = () => useSyncExternalStore(subscribe, () => waiting.length > 0);
