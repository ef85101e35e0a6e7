/** What this gateway is and where it answers. Read-only: settings are files, flags and variables. */
import { useGateway } from "../../api/gateway";
import { useRights } from "../../api/rights";
import { bytes, plural } from "../../format/numbers";
import { zone } from "../../format/time";
import { OwnRights } from "../../parts/own_rights";
import { Loaded, Page, Panel } from "../../parts/page";
import { Ago, Code, Copy, State, When } from "../../parts/words";

const UNBOUNDED = {
  cap: "cap: the output is bounded to what the rest of the budget buys, and the answer says so",
  refuse: "refuse: a call without a bound on its output is refused",
  estimate: "estimate: the model's usual bound is held",
};

export default function Settings() {
  const gateway = useGateway();
  const { may } = useRights();
  return (
    <Page narrow title="Settings" lead="How this gateway runs. These are set in tollway.toml, TOLLWAY_* variables or flags, and read at start.">
      <Loaded query={gateway} rows={10}>
        {(facts) => (
          <>
            <Panel title="Addresses">
              <dl className="facts">
                <dt>Gateway</dt><dd className="row"><span className="mono clip">{facts.gateway_url}</span><Copy text={facts.gateway_url} label="Copy the gateway URL" /></dd>
                <dt>For OpenAI SDKs</dt><dd className="row"><span className="mono clip">{facts.gateway_url.replace(/\/$/, "")}/v1</span><Copy text={`${facts.gateway_url.replace(/\/$/, "")}/v1`} label="Copy the base URL for OpenAI SDKs" /></dd>
                <dt>Console</dt><dd className="mono">{facts.console_url}</dd>
              </dl>
            </Panel>
            <Panel title="Gateway">
              <dl className="facts">
                <dt>Version</dt><dd>{facts.version}</dd>
                <dt>Started</dt><dd><Ago value={facts.started_at} /> <span className="muted">(<When value={facts.started_at} />)</span></dd>
                <dt>Workers</dt><dd>{facts.workers}</dd>
                <dt>Providers</dt><dd>{plural(facts.providers_configured, "provider")} configured</dd>
                <dt>Sandbox</dt><dd>{facts.sandbox ? "On: a built-in provider with deterministic answers, offline" : "Off"}</dd>
                <dt>Calls without an output bound</dt><dd>{UNBOUNDED[facts.unbounded_output]}</dd>
              </dl>
            </Panel>
            {may("configuration.read") && <OwnRights owner={{ level: "installation" }} name="the installation" note="They hold for every call with a token." canEdit={may("configuration.write")} />}
            <Panel title="Storage">
              <dl className="facts">
                <dt>Database</dt><dd>{facts.database === "sqlite" ? `SQLite ${facts.sqlite_version}` : "PostgreSQL"}</dd>
                <dt>Ledger</dt>
                <dd>{facts.ledger.problem ? <State value="failed">{facts.ledger.problem}</State> : <State value="ok">keeping up</State>} <span className="muted">{facts.ledger.lag_bytes === null ? "" : `${bytes(facts.ledger.lag_bytes)} waiting`}</span></dd>
              </dl>
            </Panel>
            <Panel title="Configuration as code" note="Everything on these pages can be written as one YAML file. Applying it twice changes nothing the second time.">
              <Code text={"tollway export > gateway.yaml\ntollway apply -f gateway.yaml --dry-run"} label="configuration commands" />
            </Panel>
            <Panel title="This browser">
              <dl className="facts">
                <dt>Time zone</dt><dd>{zone()}</dd>
                <dt>Language of numbers</dt><dd>{navigator.language}</dd>
              </dl>
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}
