/** One call: where its time went, what was tried, what it used and cost. */
import { Link } from "wouter";
import { useGateway } from "../../api/gateway";
import { useCall } from "../../api/usage";
import type { Call } from "../../api/types";
import { bytes, duration, exact, money } from "../../format/numbers";
import { instant } from "../../format/time";
import { Loaded, Page, Panel } from "../../parts/page";
import { Rows } from "../../parts/rows";
import { Ago, Code, Copy, StatusTag } from "../../parts/words";

/** It has no page: nothing of it can be set. */
const SANDBOX = "prov_sandbox";
const STAGE_WORDS: Record<string, string> = {
  authenticate: "Authenticate", body: "Receive body", resolve: "Resolve", admit: "Admit", upstream: "Wait for upstream", respond: "Relay answer",
};

export default function CallPage({ id }: { id: string }) {
  const call = useCall(id);
  const name = call.data ? call.data.model || call.data.service_name || call.data.route : "Call";
  return (
    <Page documentTitle={`Call ${name}`} crumb={{ label: "Live calls", href: "/calls" }} title={<span className="row-wrap">{name} {call.data && <StatusTag call={call.data} />}</span>}
      lead={<span className="row"><span className="mono clip">{id}</span><Copy text={id} label="Copy the request id" /></span>}>
      <Loaded query={call} rows={12}>{(found) => <Details call={found} />}</Loaded>
    </Page>
  );
}

function Details({ call }: { call: Call }) {
  return (
    <>
      {call.code && <Reason call={call} />}
      {call.rule && <Rule rule={call.rule} />}
      <section className="figures figures-4" aria-label="Figures">
        <Fact label="Duration" value={duration(call.duration_us / 1000)} foot={`our own part ${duration(call.overhead_us / 1000)}`} />
        <Fact label="First byte" value={call.first_byte_us ? duration(call.first_byte_us / 1000) : "–"} foot={call.is_stream ? "streamed" : "not streamed"} />
        <Fact label="Tokens in / out" value={`${exact(call.usage.input_tokens)} / ${exact(call.usage.output_tokens)}`} foot={call.usage.is_estimated ? "estimated by us" : call.usage.input_tokens + call.usage.output_tokens ? "as the provider states" : "none were used"} />
        <Fact label="Cost" value={call.operation === "http" ? "–" : money(call.cost_usd)} foot={call.cost_usd === null ? "no known price" : call.price_source ? `price: ${call.price_source}` : ""} />
      </section>
      <Panel title="Where the time went"><Waterfall call={call} /></Panel>
      <div className="columns">
        <Panel title="Call">
          <dl className="facts">
            <dt>Started</dt><dd><time dateTime={call.started_at}>{instant(call.started_at)}</time> <span className="muted">(<Ago value={call.started_at} />)</span></dd>
            <dt>Request</dt><dd>{call.method} <span className="mono">{call.route}</span></dd>
            <dt>Outcome</dt><dd>{OUTCOME_WORDS[call.outcome]}</dd>
            <dt>Token</dt><dd>{call.token_id ? <Link href={`/tokens/${call.token_id}`}>{call.token_name ?? call.token_id}</Link> : "–"}</dd>
            <dt>Application</dt><dd>{call.application_id ? <Link href={`/applications/${call.application_id}`}>{call.application_name ?? call.application_id}</Link> : "none"}</dd>
            <dt>Environment</dt><dd>{call.environment}</dd>
            {call.service_id && <><dt>Service</dt><dd><Link href={`/services/${call.service_id}`}>{call.service_name ?? call.service_id}</Link></dd></>}
            {call.provider_id && <><dt>Provider</dt><dd>{call.provider_id === SANDBOX ? "the built-in sandbox" : <Link href={`/providers/${call.provider_id}`}>{call.provider_name ?? call.provider_id}</Link>}{call.upstream_model !== call.model && <span className="muted"> as {call.upstream_model}</span>}</dd></>}
            <dt>From</dt><dd>{call.client_address || "–"}{call.client_agent && <span className="muted"> · {call.client_agent}</span>}</dd>
            <dt>Bytes in / out</dt><dd>{bytes(call.request_bytes)} / {bytes(call.response_bytes)}</dd>
            {call.trace_id && <><dt>Trace</dt><dd className="mono">{call.trace_id}</dd></>}
          </dl>
        </Panel>
        <Panel title="Tokens and price"><Bill call={call} /></Panel>
      </div>
      <Panel title="Attempts" flush><Attempts call={call} /></Panel>
      <Again call={call} />
    </>
  );
}

const OUTCOME_WORDS: Record<Call["outcome"], string> = {
  ok: "The upstream's answer was relayed whole",
  refused: "Refused by the gateway before any upstream",
  failed: "No answer could be given",
  truncated: "The upstream cut its answer",
  disconnected: "The caller left before the end",
  crashed: "The process died in between; closed with an estimate",
};

function Reason({ call }: { call: Call }) {
  return (
    <div className="note note-warn">
      <span><b className="mono">{call.code}</b> <span className="soft">is why this call was answered {call.status}.</span> <a href={`/docs/errors#${call.code}`}>What it means</a></span>
    </div>
  );
}

/** The rule of whose rights refused it, or would have: only watched networks say that. */
function Rule({ rule }: { rule: string }) {
  const isWatched = rule.startsWith("watched: ");
  const [, text, whose] = /^(?:watched: )?`(.*)` in the rights of (.*)$/.exec(rule) ?? [null, rule, ""];
  return (
    <div className={isWatched ? "note" : "note note-warn"}>
      <span>
        {isWatched ? "It would have been refused by" : "Refused by"} <code className="entry">{text}</code> {whose && <>in the rights of <b>{whose.replaceAll("`", "")}</b></>}{isWatched && ", were its networks enforced and not only watched"}.{" "}
        <Link href={`/calls?view=history&range=7d&rule=${encodeURIComponent(rule)}`}>All calls of this rule</Link>
      </span>
    </div>
  );
}

function Fact({ label, value, foot }: { label: string; value: string; foot: string }) {
  return <div className="figure"><span className="figure-label">{label}</span><span className="figure-value">{value}</span><span className="figure-foot">{foot}</span></div>;
}

type Lane = { name: string; start: number; length: number; kind: "stage" | "try" | "failed" };

/** Stages one after the other from acceptance; attempts at their own times below. */
function lanes(call: Call): Lane[] {
  let at = 0;
  const stages = Object.entries(call.stages_us).map(([name, length]): Lane => {
    const lane: Lane = { name: STAGE_WORDS[name] ?? name, start: at, length, kind: "stage" };
    at += length;
    return lane;
  });
  const attempts = call.attempts.map((attempt, index): Lane => ({
    name: call.attempts.length > 1 ? `Attempt ${index + 1}` : "Upstream", start: attempt.started_us, length: attempt.duration_us, kind: attempt.code ? "failed" : "try",
  }));
  return [...stages, ...attempts];
}

function Waterfall({ call }: { call: Call }) {
  const all = lanes(call);
  const total = Math.max(call.duration_us, ...all.map((lane) => lane.start + lane.length), 1);
  return (
    <div className="waterfall" role="table" aria-label="Stages of the call">
      {all.map((lane, index) => (
        <div role="row" key={index} style={{ display: "contents" }} className={lane.kind === "stage" ? "" : lane.kind === "try" ? "waterfall-try" : "waterfall-failed"}>
          <span role="cell" className={lane.kind === "stage" ? "" : "muted"}>{lane.name}</span>
          <span role="cell" className="waterfall-lane"><span className="waterfall-bar" style={{ left: `${(lane.start / total) * 100}%`, width: `${(lane.length / total) * 100}%` }} /></span>
          <span role="cell" className="end">{duration(lane.length / 1000)}</span>
        </div>
      ))}
    </div>
  );
}

function Bill({ call }: { call: Call }) {
  const { usage } = call;
  const rows: [string, number, string][] = [
    ["Input tokens", usage.input_tokens, ""],
    ["of which cached", usage.cached_input_tokens, "muted"],
    ["of which written to the cache", usage.cache_write_tokens, "muted"],
    ["of which audio", usage.input_audio_tokens, "muted"],
    ["Output tokens", usage.output_tokens, ""],
    ["of which reasoning", usage.reasoning_tokens, "muted"],
    ["of which audio", usage.output_audio_tokens, "muted"],
    ["Web searches", usage.web_searches, ""],
  ];
  const shown = rows.filter(([, amount], index) => amount > 0 || index === 0 || index === 4);
  return (
    <div className="stack-small">
      <dl className="facts">
        {shown.map(([label, amount, tone]) => <div key={label + amount} style={{ display: "contents" }}><dt className={tone}>{label}</dt><dd className={`end ${tone}`}>{exact(amount)}</dd></div>)}
        <dt><b>Cost</b></dt><dd className="end"><b>{call.cost_usd === null ? "unpriced" : `$${call.cost_usd}`}</b></dd>
      </dl>
      {usage.is_estimated && <p className="muted small">Estimated: the provider did not state all counts.</p>}
      {call.price_source && <p className="muted small">Price from {call.price_source}; cost is rounded once, to a billionth of a dollar.</p>}
      {call.charges.length > 0 && <p className="muted small">Charged to {call.charges.length === 1 ? "one budget" : `${call.charges.length} budgets`}: {call.charges.map((charge) => money(charge.amount_usd)).join(", ")}.</p>}
    </div>
  );
}

function Attempts({ call }: { call: Call }) {
  if (!call.attempts.length) return <p className="chart-empty">{call.outcome === "refused" ? "Refused before any upstream was tried." : "No attempt was recorded for this call."}</p>;
  return (
    <Rows label="Attempts">
      <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">#</th><th scope="col" role="columnheader">Provider</th><th scope="col" role="columnheader">Model</th><th scope="col" role="columnheader">Answer</th><th scope="col" role="columnheader" className="end">Started</th><th scope="col" role="columnheader" className="end">Took</th><th scope="col" role="columnheader">Upstream's request id</th></tr></thead>
      <tbody role="rowgroup">
        {call.attempts.map((attempt, index) => (
          <tr role="row" key={index}>
            <td role="cell" className="table-number">{index + 1}</td><td role="cell" data-label="Provider" className="nowrap">{attempt.provider_id === SANDBOX ? "sandbox" : (attempt.provider_name ?? attempt.provider_id)}</td><td role="cell" data-label="Model" className="nowrap">{attempt.upstream_model}</td>
            <td role="cell" data-label="Answer"><StatusTag call={{ status: attempt.status, outcome: "ok" }} /> {attempt.code && <span className="mono small">{attempt.code}</span>}</td>
            <td role="cell" data-label="Started" className="end">{duration(attempt.started_us / 1000)}</td><td role="cell" data-label="Took" className="end">{duration(attempt.duration_us / 1000)}</td><td role="cell" data-label="Upstream’s id" className="mono">{attempt.upstream_request_id || "–"}</td>
          </tr>
        ))}
      </tbody>
    </Rows>
  );
}

function Again({ call }: { call: Call }) {
  const gateway = useGateway().data;
  if (!gateway) return null;
  return <Panel title="As curl" note="The shape of this call. Bodies are not kept, so the message is a placeholder."><Code text={curl(call, gateway.gateway_url.replace(/\/$/, ""))} label="curl command" /></Panel>;
}

function curl(call: Call, url: string): string {
  const bearer = `-H "Authorization: Bearer $TOLLWAY_TOKEN"`;
  const path = call.route.replace("{model}", call.model).replace("{id}", call.model);
  const body = placeholder(call);
  if (body) return `curl ${url}${path} \\\n  ${bearer} \\\n  -H "Content-Type: application/json" \\\n  -d '${JSON.stringify(body)}'`;
  if (call.operation === "models") return `curl ${url}${path} \\\n  ${bearer}`;
  return `curl -X ${call.method} ${url}/… \\\n  ${bearer}   # service ${call.service_name ?? call.route}`;
}

/** The smallest body of this operation, in its dialect; null for calls that have none. */
function placeholder(call: Call): object | null {
  const model = call.model;
  const stream = call.is_stream ? { stream: true } : {};
  const messages = [{ role: "user", content: "…" }];
  const contents = [{ parts: [{ text: "…" }] }];
  if (call.operation === "chat") return { model, ...stream, messages };
  if (call.operation === "responses" && call.method === "POST") return { model, ...stream, input: "…" };
  if (call.operation === "messages") return { model, max_tokens: 200, ...stream, messages };
  if (call.operation === "generate_content") return { contents };
  if (call.operation === "count_tokens") return call.route.startsWith("/v1beta") ? { contents } : { model, messages };
  if (call.operation === "embeddings") return call.route.startsWith("/v1beta") ? { content: contents[0] } : { model, input: "…" };
  return null;
}
