/** The test of a provider: one real question to its API, and what came back in words. */
import { useEffect, useState } from "react";
import { Button, Tooltip } from "@mantine/core";
import { Problem } from "../../api/client";
import { testProvider } from "../../api/upstreams";
import type { Probe, Provider } from "../../api/types";
import { duration } from "../../format/numbers";
import { State } from "../../parts/words";

export function Test({ provider, isSmall = false, startsAtOnce = false }: { provider: Provider; isSmall?: boolean; startsAtOnce?: boolean }) {
  const [probe, setProbe] = useState<Probe | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setProbe(null);
    try {
      setProbe(await testProvider(provider.id));
    } catch (error) {
      const problem = error instanceof Problem ? error : null;
      setProbe({ ok: false, status: null, latency_ms: null, detail: problem?.detail || String(error), code: problem?.code ?? null });
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    if (startsAtOnce) void run();
  }, [startsAtOnce]); // once, when the page opens after adding
  if (isSmall) {
    return (
      <span className="row">
        <Button variant="default" size="compact-xs" loading={isBusy} onClick={() => void run()} aria-label={`Test ${provider.name}`}>Test</Button>
        <span role="status">{probe && <Tooltip label={probe.detail} multiline maw={320}><span tabIndex={0}><State value={probe.ok ? "ok" : "failed"}>{probe.ok ? duration(probe.latency_ms) : "failed"}</State></span></Tooltip>}</span>
      </span>
    );
  }
  return (
    <div className="row-wrap">
      <Button variant="default" loading={isBusy} onClick={() => void run()}>Test the connection</Button>
      <span role="status">
        {probe && (
          <span className="row-wrap">
            <State value={probe.ok ? "ok" : "failed"}>{probe.ok ? `Works, ${duration(probe.latency_ms)}` : "Does not work"}</State>
            <span className="soft">{probe.detail}</span>
            {probe.code && <span className="mono muted">{probe.code}</span>}
          </span>
        )}
      </span>
    </div>
  );
}
