/** One act on several chosen things: what it would come to for each, asking, doing it, and what came of each. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button, Modal, Progress, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { complain, say } from "../frame/toasts";
import { exact, plural } from "../format/numbers";
import type { Pages } from "./table";
import { Loading, Trouble } from "./page";
import { Copy } from "./words";

export type Came = { id: string; name: string; outcome: "done" | "nothing_to_do" | "refused"; detail: string | null; sessions?: number; tokens?: number; link?: { url: string | null; mailed_to: string | null } | null };
export type Answer = { done: number; nothing_to_do: number; refused: number; items: Came[]; undo: unknown[] };

/** `choices` are what one of is chosen first, such as a role; `ask` previews or acts, and `back` takes an answer back. */
export type ManyAct = {
  title: string;
  button: string;
  past: string;
  words?: ReactNode;
  isDangerous?: boolean;
  choices?: { label: string; data: { value: string; label: string }[] };
  preview: (choice: string, ids: string[]) => Promise<Answer>;
  run: (choice: string, ids: string[]) => Promise<Answer>;
  back?: (answer: Answer) => Promise<unknown>;
};

type Noun = { one: string; several: string };

/** How many the API takes at once. */
const AT_ONCE = 100;

/** Ask for so many at a time. What cannot be asked any more is listed as refused, once a part of it was answered. */
async function inParts(ids: string[], ask: (ids: string[]) => Promise<Answer>, isOver: () => boolean, moved: (count: number) => void): Promise<Answer> {
  const all: Answer = { done: 0, nothing_to_do: 0, refused: 0, items: [], undo: [] };
  const rest = (from: number, detail: string) => ids.slice(from).map((id): Came => ({ id, name: "", outcome: "refused", detail }));
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    let why = "Not tried: it was stopped";
    const part = isOver() ? null : await ask(ids.slice(from, from + AT_ONCE)).catch((error: unknown) => {
      if (!from) throw error;
      why = `Not known: ${error instanceof Error ? error.message : "the console does not answer"}`;
      return null;
    });
    if (!part) {
      const left = rest(from, why);
      return { ...all, refused: all.refused + left.length, items: [...all.items, ...left] };
    }
    all.done += part.done;
    all.nothing_to_do += part.nothing_to_do;
    all.refused += part.refused;
    all.items.push(...part.items);
    all.undo.push(...part.undo);
    moved(all.items.length);
  }
  return all;
}

export function ManyDialog({ act, ids, noun, stale, close }: { act: ManyAct; ids: string[]; noun: Noun; stale: string[]; close: () => void }) {
  const client = useQueryClient();
  const [choice, setChoice] = useState("");
  const [plan, setPlan] = useState<Answer | null>(null);
  const [result, setResult] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [typed, setTyped] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [at, setAt] = useState(0);
  const isStopped = useRef(false);
  const fresh = () => stale.forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
  useEffect(() => {
    if (act.choices && !choice) return;
    let isOver = false;
    setPlan(null);
    setProblem(null);
    setAt(0);
    inParts(ids, (some) => act.preview(choice, some), () => isOver, (done) => isOver || setAt(done)).then((shown) => isOver || setPlan(shown), (error) => isOver || setProblem(error));
    return () => { isOver = true; };
  }, [choice]);
  const count = (number: number) => plural(number, noun.one, noun.several);
  const takeBack = (answer: Answer) => act.back?.(answer).then(() => { fresh(); say("Taken back"); }, complain);
  const run = async () => {
    setBusy(true);
    setAt(0);
    isStopped.current = false;
    try {
      const came = await inParts(ids, (some) => act.run(choice, some), () => isStopped.current, setAt);
      fresh();
      if (came.refused || came.items.some((item) => item.link)) return setResult(came);
      say(`${count(came.done)} ${act.past}`, act.back && came.undo.length ? { label: "Undo", run: () => void takeBack(came) } : undefined);
      close();
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  if (result)
    return (
      <Modal opened onClose={close} title={act.title} size="lg">
        <div className="form">
          <p role="status">{count(result.done)} {act.past}{result.nothing_to_do > 0 && `, ${result.nothing_to_do} needed nothing`}{result.refused > 0 && `; ${result.refused} refused`}.</p>
          <What items={result.items} />
          <div className="row-end">
            {act.back && result.undo.length > 0 && <Button variant="default" onClick={() => { void takeBack(result); close(); }}>Undo</Button>}
            <Button onClick={close} data-autofocus>Done</Button>
          </div>
        </div>
      </Modal>
    );
  const tokens = plan?.items.reduce((sum, item) => sum + (item.tokens ?? 0), 0) ?? 0;
  const sessions = plan?.items.reduce((sum, item) => sum + (item.sessions ?? 0), 0) ?? 0;
  const mustType = act.isDangerous && tokens > 0 ? `${act.button.toLowerCase()} ${plan!.done}` : "";
  return (
    <Modal opened onClose={isBusy ? () => { isStopped.current = true; } : close} title={act.title} size="lg">
      <form className="form" onSubmit={(event) => { event.preventDefault(); void run(); }}>
        {act.words && <p className="soft">{act.words}</p>}
        {act.choices && <Select label={act.choices.label} required searchable data={act.choices.data} value={choice || null} onChange={(next) => setChoice(next ?? "")} data-autofocus />}
        {problem ? <Trouble error={problem} /> : plan ? (
          <>
            <p className="note" role="status">
              <span><b>{count(plan.done)}</b> will be {act.past}{plan.nothing_to_do > 0 && `; ${plan.nothing_to_do} ${plan.nothing_to_do === 1 ? "needs" : "need"} nothing`}{plan.refused > 0 && `; for ${plan.refused} it is refused`}.{sessions + tokens > 0 && ` ${plural(sessions, "session")} and ${plural(tokens, "token")} end with it, the tokens for ever.`}</span>
            </p>
            <What items={plan.items.filter((item) => item.outcome === "refused")} />
          </>
        ) : (!act.choices || choice) && (ids.length > AT_ONCE ? <HowFar at={at} of={ids.length} words="Looking at" /> : <Loading rows={2} />)}
        {isBusy && ids.length > AT_ONCE && <HowFar at={at} of={ids.length} words="Done with" />}
        {mustType && <TextInput label={<>Type <b>{mustType}</b>: tokens that end cannot be brought back</>} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" />}
        <div className="row-end">
          <Button variant="default" onClick={isBusy ? () => { isStopped.current = true; } : close}>{isBusy ? "Stop" : "Cancel"}</Button>
          <Button type="submit" color={act.isDangerous ? "red" : undefined} loading={isBusy} disabled={!plan?.done || (mustType !== "" && typed.trim() !== mustType)}>{act.button}</Button>
        </div>
      </form>
    </Modal>
  );
}

/** Who it was refused for and why, and the links that are to be handed over. */
function What({ items }: { items: Came[] }) {
  const told = items.filter((item) => item.outcome === "refused" || item.link);
  if (!told.length) return null;
  return (
    <ul className="stack-small many-items">
      {told.map((item) => (
        <li key={item.id} className="row-wrap">
          <b>{item.name || item.id}</b>
          {item.outcome === "refused" && <span className="soft">{item.detail}</span>}
          {item.link?.mailed_to && <span className="soft">a letter is on its way to {item.link.mailed_to}</span>}
          {item.link?.url && <span className="row grow"><code className="clip grow">{item.link.url}</code><Copy text={item.link.url} label={`Copy the link for ${item.name}`} /></span>}
        </li>
      ))}
    </ul>
  );
}

function HowFar({ at, of, words }: { at: number; of: number; words: string }) {
  return (
    <div className="stack-small" role="status">
      <Progress value={(100 * at) / of} aria-label={words} />
      <span className="soft num">{words} {exact(at)} of {exact(of)}</span>
    </div>
  );
}

type Matching = { ids: string[]; has_more: boolean };

/** Offers all that match where a page is chosen whole and the list goes on. `find` asks for their ids. */
export function AllMatching<Row extends { id: string }>({ list, rows, chosen, set, name, filters, find }: { list: Pages<Row>; rows: Row[]; chosen: Set<string>; set: (chosen: Set<string>) => void; name: string; filters: object; find: () => Promise<Matching> }) {
  const isLong = list.hasNextPage || (list.data?.pages.length ?? 0) > 1;
  const isWhole = rows.length > 0 && rows.every((row) => chosen.has(row.id));
  const found = useQuery({ queryKey: [name, "matching", filters], queryFn: find, enabled: isLong && isWhole, staleTime: 0 }).data;
  if (!isLong || !isWhole || !found || found.ids.every((id) => chosen.has(id))) return null;
  const words = found.has_more ? `Select the newest ${exact(found.ids.length)} that match` : `Select all ${exact(found.ids.length)} that match`;
  return <Button variant="subtle" onClick={() => set(new Set(found.ids))}>{words}</Button>;
}

/** The bar above a list while some of its rows are chosen. */
export function ManyBar({ label, words, clear, children }: { label: string; words: string; clear: () => void; children: ReactNode }) {
  return (
    <div className="bulk" role="group" aria-label={label}>
      <strong>{words}</strong>
      {children}
      <Button variant="subtle" onClick={clear}>Clear</Button>
    </div>
  );
}
