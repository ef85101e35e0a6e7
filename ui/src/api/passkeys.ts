/** What a browser does with passkeys, between the console's JSON and the authenticator's. */
import type { components } from "./schema";
import { Problem } from "./client";

type Options = components["schemas"]["PasskeyOptions"];
type Assertion = components["schemas"]["AssertionInput"];
type Registration = components["schemas"]["RegistrationInput"];
type Place = components["schemas"]["PlaceOutput"];

/** Parts of what `PublicKeyCredential.toJSON()` gives (WebAuthn Level 3, section 5.1). */
type RegistrationJSON = { id: string; response: { clientDataJSON: string; attestationObject: string; transports?: string[] } };
type AssertionJSON = { id: string; response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string } };

/** Whether this browser has passkeys at all. Not outside of TLS and localhost. */
export const hasPasskeys = () => typeof PublicKeyCredential === "function" && "parseCreationOptionsFromJSON" in PublicKeyCredential;

/** Whether passkeys of this console work on the page as it was opened. */
export const isPlaceOf = (place: Place | null | undefined) => hasPasskeys() && place?.origin === location.origin;

export async function register(options: Options): Promise<Registration> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.public_key as never);
  const made = (await told(navigator.credentials.create({ publicKey }))).toJSON() as RegistrationJSON;
  const known = (made.response.transports ?? []).filter((name) => /^[a-z-]{1,32}$/.test(name)).slice(0, 10);
  return { credential_id: made.id, client_data: made.response.clientDataJSON, attestation: made.response.attestationObject, transports: known };
}

export async function prove(options: Options): Promise<Assertion> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.public_key as never);
  const { id, response } = (await told(navigator.credentials.get({ publicKey }))).toJSON() as AssertionJSON;
  return { credential_id: id, client_data: response.clientDataJSON, authenticator_data: response.authenticatorData, signature: response.signature, ...(response.userHandle ? { user_handle: response.userHandle } : {}) };
}

/** The credential, or what happened instead, in words. */
async function told(asked: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const found = await asked;
    if (found) return found as PublicKeyCredential;
  } catch (error) {
    if ((error as Error).name === "InvalidStateError") throw new Problem(0, "passkey", "This device has a passkey here already", "Use another device, or remove the passkey that there is.");
  }
  throw new Problem(0, "passkey", "No passkey was used", "The browser or the person stopped. Try again, or use another way.");
}
