/** The limits of one owner at any level: live bars, the editor, and top-ups. */
import { useState } from "react";
import { Button, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { endTopUp, giveTopUp, putLimits, useOwnedLimits, useOwnedMeters, type Level } from "../api/limits";
import { useRights } from "../api/rights";
import type { Tagged } from "../api/client";
import type { BudgetRule, LimitRule, Owned } from "../api/types";
import { complain, say } from "../frame/toasts";
import { amount as amountOf, exact } from "../format/numbers";
import { DAY } from "../format/time";
import { useSending } from "./form";
import { LimitBars, limitsInWords } from "./limits";
import { limitsInput, LimitsForm } from "./limits_form";
import { Loaded, Panel, Trouble } from "./page";
import { Ago } from "./words";

export function OwnedLimits({ level, id, title = "Limits and budgets", note }: { level: Level; id: string; title?: string; note?: React.ReactNode }) {
  const { may } = useRights();
  const owned = useOwnedLimits(level, id);
  const meters = useOwnedMeters(level, id);
  const [dialog, setDialog] = useState<"edit" | "top-up" | null>(null);
  const mayEdit = may("limits.write");
  return (
    <Panel title={title} acts={mayEdit && owned.data && (
      <span className="row">
        {meters.data && meters.data.every.length > 0 && <Button variant="subtle" size="compact-xs" onClick={() => setDialog("top-up")}>Top up</Button>}
        <Button variant="subtle" size="compact-xs" onClick={() => setDialog("edit")}>Edit</Button>
      </span>
    )}>
      <Loaded query={meters} rows={3}>{(found) => <LimitBars meters={found} />}</Loaded>
      {owned.data && <TopUps owned={owned.data} mayEnd={mayEdit} />}
      {note}
      {dialog === "edit" && owned.data && <EditLimits owned={owned.data} close={() => setDialog(null)} />}
      {dialog === "top-up" && owned.data && <TopUp owned={owned.data} close={() => setDialog(null)} />}
    </Panel>
  );
}

/** Ends and refetches what shows the limits of an owner. */
function useStale(owned: Owned) {
  const client = useQueryClient();
  return () => {
    for (const key of [["limits"], ["budgets"], ["attention"], [owned.level, owned.owner_id]]) void client.invalidateQueries({ queryKey: key });
  };
}

export function EditLimits({ owned, close }: { owned: Tagged<Owned>; close: () => void }) {
  const [etag] = useState(owned.etag);
  const [limits, setLimits] = useState(owned.limits);
  const { isBusy, problem, errors, send } = useSending([]);
  const stale = useStale(owned);
  const save = () =>
    send(async () => {
      const saved = await putLimits(owned.level, owned.owner_id, limitsInput(limits), etag);
      stale();
      say("Saved: the next call already knows", { label: "Undo", run: () => void putLimits(owned.level, owned.owner_id, limitsInput(owned.limits), saved.etag).then(stale, complain) });
      close();
    });
  return (
    <Modal opened onClose={close} title={`Limits and budgets: ${owned.owner_name}`} size="xl">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        <LimitsForm value={limits} onChange={setLimits} errors={errors} />
        <p className="muted small">What was used so far in each window and period still counts, and top-ups stay.</p>
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy}>Save</Button></div>
      </form>
    </Modal>
  );
}

type Topped = { name: string; isMoney: boolean; words: string };

function topUpable(owned: Owned): Topped[] {
  const limits = owned.limits;
  return [
    ...limits.budgets.map((one) => ({ name: one.name, isMoney: one.limit_usd !== null, words: `Budget ${one.name}` })),
    ...limits.requests.map((one) => ({ name: one.name, isMoney: false, words: `Requests (${one.name})` })),
    ...(limits.concurrency ? [{ name: "concurrency", isMoney: false, words: "Calls at once" }] : []),
    ...limits.limits.map((one) => ({ name: one.name, isMoney: one.amount_usd !== null, words: `${one.measure.replace("_", " ")} (${one.name})` })),
  ];
}

function TopUp({ owned, close }: { owned: Owned; close: () => void }) {
  const those = topUpable(owned);
  const [name, setName] = useState(those[0]?.name ?? "");
  const [usd, setUsd] = useState("5");
  const [amount, setAmount] = useState(1000);
  const [days, setDays] = useState("3");
  const { isBusy, problem, errors, send } = useSending([]);
  const stale = useStale(owned);
  const chosen = those.find((one) => one.name === name);
  const give = () =>
    send(async () => {
      const ends_at = new Date(Date.now() + Number(days) * DAY).toISOString();
      await giveTopUp(owned.level, owned.owner_id, { limit: name, ends_at, ...(chosen?.isMoney ? { amount_usd: usd } : { amount }) });
      stale();
      say(`${chosen?.words ?? name} topped up`);
      close();
    });
  return (
    <Modal opened onClose={close} title={`Top up: ${owned.owner_name}`}>
      <form className="form" onSubmit={(event) => { event.preventDefault(); void give(); }}>
        {problem && !Object.keys(errors).length && <Trouble error={problem} />}
        <Select label="What" allowDeselect={false} data={those.map((one) => ({ value: one.name, label: one.words }))} value={name} onChange={(next) => setName(next!)} error={errors.limit} />
        {chosen?.isMoney ? (
          <TextInput label="More, in USD" inputMode="decimal" value={usd} onChange={(event) => setUsd(event.currentTarget.value.replace(",", ".").trim())} error={errors.amount_usd} />
        ) : (
          <NumberInput label="More" min={1} allowDecimal={false} thousandSeparator value={amount} onChange={(next) => setAmount(Number(next) || 1)} error={errors.amount} />
        )}
        <Select label="For" allowDeselect={false} data={[{ value: "0.125", label: "3 hours" }, { value: "1", label: "1 day" }, { value: "3", label: "3 days" }, { value: "7", label: "1 week" }, { value: "30", label: "30 days" }]} value={days} onChange={(next) => setDays(next!)} error={errors.ends_at} />
        <p className="muted small">It ends by itself. What is spent meanwhile stays spent.</p>
        <div className="row-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={isBusy} disabled={!name}>Top up</Button></div>
      </form>
    </Modal>
  );
}

function TopUps({ owned, mayEnd }: { owned: Owned; mayEnd: boolean }) {
  const stale = useStale(owned);
  const those = [...owned.limits.budgets, ...owned.limits.limits].flatMap((limit: BudgetRule | LimitRule) => limit.top_ups.filter((one) => Date.parse(one.ends_at) > Date.now()).map((one) => ({ limit, one })));
  if (!those.length) return null;
  return (
    <ul className="stack-small" style={{ marginTop: 12 }} aria-label="Top-ups">
      {those.map(({ limit, one }) => (
        <li key={one.id} className="row small">
          <span className="grow">{limit.name}: {one.amount_usd !== null ? amountOf(one.amount_usd) : exact(one.amount ?? 0)} more, ends <Ago value={one.ends_at} /></span>
          {mayEnd && <Button variant="subtle" size="compact-xs" aria-label={`End the top-up of ${limit.name} now`} onClick={() => void endTopUp(owned.level, owned.owner_id, one.id).then(stale, complain)}>End now</Button>}
        </li>
      ))}
    </ul>
  );
}

export const ownedInWords = (owned: Owned) => limitsInWords(owned.limits);
