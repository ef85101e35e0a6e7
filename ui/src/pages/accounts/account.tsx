/** One's own account: second factors, where one is signed in, one's password, one's tokens. */
import { useState } from "react";
import { Link } from "wouter";
import { useFactors } from "../../api/account";
import { useSession } from "../../api/gateway";
import { useTeams } from "../../api/applications";
import { useRights } from "../../api/rights";
import { Loaded, Page } from "../../parts/page";
import { Authenticator, RecoveryCodes, ShownCodes } from "./authenticator";
import { Passkeys } from "./passkeys";
import { Password } from "./password";
import { OwnTokens } from "./person";
import { Sessions } from "./sessions";

export default function Account() {
  const session = useSession().data;
  const { may, userId } = useRights();
  const teams = (useTeams(may("teams.read")).data?.items ?? []).filter((team) => session?.team_ids.includes(team.id));
  return (
    <Page title="Your account" lead={session && <>{session.user.name} · {session.user.role_name}{teams.length > 0 && <> · {teams.map((team) => team.name).join(", ")}</>}</>}>
      {session?.needs_second_factor && (
        <div className="note note-warn" role="status"><span>Your role asks for a second factor. <b>Add an authenticator app or a passkey</b>; everything else opens then.</span></div>
      )}
      <SecondFactors />
      <Sessions />
      <Password />
      {may("tokens.read") && userId && <OwnTokens id={userId} title="Your own tokens" acts={may("tokens.write") && <Link className="small" href="/tokens/new">New token</Link>} />}
    </Page>
  );
}

function SecondFactors() {
  const factors = useFactors();
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <>
      <Loaded query={factors} rows={4}>
        {(held) => (
          <>
            <Passkeys factors={held} show={setCodes} />
            <div className="columns">
              <Authenticator factors={held} show={setCodes} />
              <RecoveryCodes factors={held} show={setCodes} />
            </div>
          </>
        )}
      </Loaded>
      {codes && <ShownCodes codes={codes} close={() => setCodes(null)} />}
    </>
  );
}
