/** Sending a form: busy, the problem with its fields, and what to read again afterwards. */
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Problem } from "../api/client";

export function useSending(stale: string[]) {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (act: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
      for (const key of stale) void client.invalidateQueries({ queryKey: [key] });
      return true;
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", "This did not work", String(error)));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, errors: problem?.fields ?? {}, send };
}
