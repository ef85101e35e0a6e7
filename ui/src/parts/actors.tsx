/** Who did something, by name: `user:…` is looked up where that is permitted, the rest has words of its own. */
import { Link } from "wouter";
import { useUser } from "../api/people";
import { useRights } from "../api/rights";
import { useServiceAccounts } from "../api/service_accounts";

const WORDS: Record<string, string> = { local: "the command line", setup: "the set-up", program: "Tollway itself", unknown: "nobody known" };

/** `isPlain`: without links. */
export function By({ actor, isPlain = false }: { actor: string; isPlain?: boolean }) {
  const [kind, id = ""] = splitAt(actor);
  const { may, userId } = useRights();
  if (kind === "user" && id === userId) return <>you</>;
  if (kind === "user" && may("users.read")) return <Person id={id} isPlain={isPlain} />;
  if (kind === "user") return <>somebody</>;
  if (kind === "token") return isPlain ? <>a token</> : <Link href={`/tokens/${id}`}>a token</Link>;
  if (kind === "service_account") return <Account id={id} isPlain={isPlain} />;
  return <>{WORDS[kind] ?? actor}</>;
}

function Person({ id, isPlain }: { id: string; isPlain: boolean }) {
  const name = useUser(id).data?.name ?? "somebody";
  return isPlain ? <>{name}</> : <Link href={`/people/${id}`}>{name}</Link>;
}

function Account({ id, isPlain }: { id: string; isPlain: boolean }) {
  const { may } = useRights();
  const accounts = useServiceAccounts({}, 200, may("service_accounts.read")).data?.pages.flatMap((page) => page.items);
  const name = accounts?.find((one) => one.id === id)?.name ?? "a service account";
  return isPlain ? <>{name}</> : <Link href={`/service-accounts/${id}`}>{name}</Link>;
}

function splitAt(actor: string): [string, string] {
  const place = actor.indexOf(":");
  return place < 0 ? [actor, ""] : [actor.slice(0, place), actor.slice(place + 1)];
}
