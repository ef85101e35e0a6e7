/** What is watched for and what is done, of the installation or of a team. */
import { useState } from "react";
import { Button, JsonInput, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Problem } from "../../api/client";
import { putSecurityRules, useSecurityRules, type SecurityRules } from "../../api/security";
import { complain, say } from "../../frame/toasts";
import { OwnerName } from "../../parts/owner_names";
import { Loaded, Panel } from "../../parts/page";
import { Rows } from "../../parts/rows";
import { ACTS, KINDS, MEANINGS, NEVER_ACTED } from "./words";

type Rule = { mode: string; act: string; act_most: string | null };
type Whole = { thresholds: Record<string, Rule & Record<string, unknown>>; leaked: Rule; undo_hours: number; limit_requests_per_minute: number };

const MODES = [{ value: "on", label: "On" }, { value: "dry_run", label: "Dry run" }, { value: "off", label: "Off" }];
const STEPS = Object.entries(ACTS).map(([value, label]) => ({ value, label }));

export function Rules({ mayChange }: { mayChange: boolean }) {
  const rules = useSecurityRules();
  return (
    <Loaded query={rules} rows={8}>
      {({ items }) => <div className="stack">{items.map((item) => <Editor key={item.team_id + item.version} item={item} mayChange={mayChange} />)}</div>}
    </Loaded>
  );
}

function Editor({ item, mayChange }: { item: SecurityRules; mayChange: boolean }) {
  const client = useQueryClient();
  const [rules, setRules] = useState(() => item.rules as unknown as Whole);
  const [text, setText] = useState<string | null>(null);
  const [fault, setFault] = useState("");
  const [isBusy, setBusy] = useState(false);
  const set = (kind: string, change: Partial<Rule>) =>
    setRules(kind === "leaked" ? { ...rules, leaked: { ...rules.leaked, ...change } } : { ...rules, thresholds: { ...rules.thresholds, [kind]: { ...rules.thresholds[kind], ...change } } });
  const save = async () => {
    setBusy(true);
    setFault("");
    try {
      await putSecurityRules(item.team_id, (text === null ? rules : JSON.parse(text)) as Record<string, unknown>);
      say("Saved: the rules hold within seconds");
      void client.invalidateQueries({ queryKey: ["security", "rules"] });
    } catch (error) {
      if (error instanceof Problem || error instanceof SyntaxError) setFault(error.message);
      else complain(error);
    } finally {
      setBusy(false);
    }
  };
  const isChanged = text !== null || JSON.stringify(rules) !== JSON.stringify(item.rules);
  const listed: [string, Rule][] = [["leaked", rules.leaked], ...Object.entries(rules.thresholds)];
  return (
    <Panel title={item.team_id ? <>Team <OwnerName kind="team" id={item.team_id} isPlain /></> : "The installation"} flush note={<span className="muted small">The first event about a token takes the first step; another within a day takes the next one, up to the last. A revocation by rule can be undone for {rules.undo_hours} hours.</span>}
      foot={mayChange && <div className="row-end" style={{ width: "100%" }}>{fault && <span role="alert" style={{ color: "var(--bad)" }}>{fault}</span>}<Button variant="default" onClick={() => setText(text === null ? JSON.stringify(rules, null, 2) : null)}>{text === null ? "Edit thresholds as JSON" : "Back to the table"}</Button><Button loading={isBusy} disabled={!isChanged} onClick={() => void save()}>Save</Button></div>}>
      {text !== null ? (
        <div style={{ padding: 16 }}><JsonInput label="Rules" autosize minRows={12} maxRows={30} value={text} onChange={setText} validationError="This is not JSON" classNames={{ input: "mono" }} /></div>
      ) : (
        <Rows label="Rules">
          <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">What is found</th><th scope="col" role="columnheader">Mode</th><th scope="col" role="columnheader">First step</th><th scope="col" role="columnheader">Last step</th></tr></thead>
          <tbody role="rowgroup">
            {listed.map(([kind, rule]) => {
              const isTold = NEVER_ACTED.includes(kind);
              return (
                <tr role="row" key={kind}>
                  <td role="cell"><strong>{KINDS[kind] ?? kind}</strong> <span className="muted small">{MEANINGS[kind]}</span></td>
                  <td role="cell" data-label="Mode"><Select size="xs" w={110} aria-label={`Mode of ${KINDS[kind]}`} data={MODES} allowDeselect={false} disabled={!mayChange} value={rule.mode} onChange={(mode) => mode && set(kind, { mode })} /></td>
                  <td role="cell" data-label="First step"><Select size="xs" w={130} aria-label={`First step of ${KINDS[kind]}`} data={STEPS} allowDeselect={false} disabled={!mayChange || isTold} value={rule.act} onChange={(act) => act && set(kind, { act, act_most: null })} /></td>
                  <td role="cell" data-label="Last step"><Select size="xs" w={130} aria-label={`Last step of ${KINDS[kind]}`} data={STEPS} allowDeselect={false} disabled={!mayChange || isTold} value={rule.act_most ?? rule.act} onChange={(act_most) => act_most && set(kind, { act_most })} /></td>
                </tr>
              );
            })}
          </tbody>
        </Rows>
      )}
    </Panel>
  );
}
