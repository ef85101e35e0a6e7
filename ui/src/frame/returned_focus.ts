/** When a dialog goes away, the keyboard is again where it was before. A dialog here exists only while it is open, so it cannot see to that itself. */
import { useEffect } from "react";

const DIALOG = "[role=dialog]";

export function useReturnedFocus(): void {
  useEffect(() => {
    let opener: HTMLElement | null = null;
    const enter = (event: FocusEvent) => {
      const from = event.relatedTarget as HTMLElement | null;
      if (from && (event.target as HTMLElement).closest(DIALOG) && !from.closest(DIALOG)) opener = controlOf(from);
    };
    const observer = new MutationObserver(() => {
      if (!opener || document.querySelector(DIALOG)) return;
      const back = opener;
      opener = null;
      if (back.isConnected && document.activeElement === document.body) back.focus();
    });
    document.addEventListener("focusin", enter);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", enter);
      observer.disconnect();
    };
  }, []);
}

/** The button of the menu where the element is an entry of one, which goes away with the menu. */
function controlOf(element: HTMLElement): HTMLElement {
  const menu = element.closest("[role=menu]");
  return (menu?.id ? document.querySelector<HTMLElement>(`[aria-controls="${menu.id}"]`) : null) ?? element;
}
