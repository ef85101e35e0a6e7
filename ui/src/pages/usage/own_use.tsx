/** What one token, application, provider or service did: by model and by outcome. */
import { useUsage, type Dimension, type Filters } from "../../api/usage";
import type { UsageRow } from "../../api/types";
import type { Range } from "../../frame/range";
import { count, duration, money, percent } from "../../format/numbers";
import { Loaded, Panel } from "../../parts/page";

export function OwnUse({ range, filters, by = ["model", "outcome"] }: { range: Range; filters: Filters; by?: [Dimension, Dimension] }) {
  return <div className="columns">{by.map((dimension) => <By key={dimension} range={range} filters={filters} by={dimension} />)}</div>;
}

function By({ range, filters, by }: { range: Range; filters: Filters; by: Dimension }) {
  const sums = useUsage(range, { by: [by], filters });
  return (
    <Panel title={`By ${by}`} acts={<span className="muted small">{range.label}</span>} flush>
      <Loaded query={sums} rows={3}>
        {({ rows }) => (rows.length ? <Rows rows={rows} by={by} /> : <p className="chart-empty">No call in this time.</p>)}
      </Loaded>
    </Panel>
  );
}

function Rows({ rows, by }: { rows: UsageRow[]; by: Dimension }) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={`By ${by}`}>
      <table className="table">
        <thead><tr><th scope="col">{by.charAt(0).toUpperCase() + by.slice(1)}</th><th scope="col" className="end">Calls</th><th scope="col" className="end">Tokens</th><th scope="col" className="end">Cost</th><th scope="col" className="end">Errors</th><th scope="col" className="end">p95</th></tr></thead>
        <tbody>
          {rows.slice(0, 12).map((row) => (
            <tr key={row.keys[by]}>
              <td>{row.labels[by] || row.keys[by] || `no ${by}`}</td>
              <td className="end">{count(row.calls)}</td>
              <td className="end">{count(row.input_tokens + row.output_tokens)}</td>
              <td className="end">{row.unpriced_calls === row.calls ? "unpriced" : money(row.cost_usd)}</td>
              <td className="end">{percent(((row.client_errors + row.server_errors) / Math.max(1, row.calls)) * 100)}</td>
              <td className="end">{duration(row.duration_p95_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
