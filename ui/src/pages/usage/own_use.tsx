/** What one token, application, provider or service did: by model and by outcome. */
import { useUsage, type Dimension, type Filters } from "../../api/usage";
import type { UsageRow } from "../../api/types";
import type { Range } from "../../frame/range";
import { count, duration, money, percent } from "../../format/numbers";
import { Loaded, Panel } from "../../parts/page";
import { Rows } from "../../parts/rows";

export function OwnUse({ range, filters, by = ["model", "outcome"] }: { range: Range; filters: Filters; by?: [Dimension, Dimension] }) {
  return <div className="columns">{by.map((dimension) => <By key={dimension} range={range} filters={filters} by={dimension} />)}</div>;
}

function By({ range, filters, by }: { range: Range; filters: Filters; by: Dimension }) {
  const sums = useUsage(range, { by: [by], filters });
  return (
    <Panel title={`By ${by}`} acts={<span className="muted small">{range.label}</span>} flush>
      <Loaded query={sums} rows={3}>
        {({ rows }) => (rows.length ? <Sums rows={rows} by={by} /> : <p className="chart-empty">No call in this time.</p>)}
      </Loaded>
    </Panel>
  );
}

function Sums({ rows, by }: { rows: UsageRow[]; by: Dimension }) {
  return (
    <Rows label={`By ${by}`}>
      <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">{by.charAt(0).toUpperCase() + by.slice(1)}</th><th scope="col" role="columnheader" className="end">Calls</th><th scope="col" role="columnheader" className="end">Tokens</th><th scope="col" role="columnheader" className="end">Cost</th><th scope="col" role="columnheader" className="end">Errors</th><th scope="col" role="columnheader" className="end">p95</th></tr></thead>
      <tbody role="rowgroup">
        {rows.slice(0, 12).map((row) => (
          <tr role="row" key={row.keys[by]}>
            <td role="cell">{row.labels[by] || row.keys[by] || `no ${by}`}</td>
            <td role="cell" data-label="Calls" className="end">{count(row.calls)}</td>
            <td role="cell" data-label="Tokens" className="end">{count(row.input_tokens + row.output_tokens)}</td>
            <td role="cell" data-label="Cost" className="end">{row.unpriced_calls === row.calls ? "unpriced" : money(row.cost_usd)}</td>
            <td role="cell" data-label="Errors" className="end">{percent(((row.client_errors + row.server_errors) / Math.max(1, row.calls)) * 100)}</td>
            <td role="cell" data-label="p95" className="end">{duration(row.duration_p95_ms)}</td>
          </tr>
        ))}
      </tbody>
    </Rows>
  );
}
