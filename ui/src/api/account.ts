/** One's own account: where one is signed in, one's password and second factors, and proving who one is. */
import { useQuery } from "@tanstack/react-query";
import { api, body, setCsrf } from "./client";
import { prove, register } from "./passkeys";
import type { components } from "./schema";

export type Factors = components["schemas"]["FactorsOutput"];
export type Passkey = components["schemas"]["PasskeyOutput"];
export type AppSecret = components["schemas"]["AppSecretOutput"];
type Session = components["schemas"]["SessionOutput"];
type Change = components["schemas"]["FactorChangeOutput"];

export const useOwnSessions = () => useQuery({ queryKey: ["account", "sessions"], queryFn: () => body(api.GET("/api/v1/account/sessions")), refetchInterval: 30_000 });
export const endOwnSession = (id: string) => api.DELETE("/api/v1/account/sessions/{session_id}", { params: { path: { session_id: id } } });
export const endOtherSessions = () => body(api.POST("/api/v1/account/sessions/end-others"));

/** Every session ends with it; this browser goes on with a new one, whose value later changes repeat. */
export const changePassword = async (current: string, next: string) => goOn(await body(api.POST("/api/v1/account/password", { body: { current, new: next } })));

export const useFactors = () => useQuery({ queryKey: ["account", "factors"], queryFn: () => body(api.GET("/api/v1/account/factors")) });
export const beginApp = () => body(api.POST("/api/v1/account/totp"));
export const confirmApp = (code: string) => changed(body(api.POST("/api/v1/account/totp/confirm", { body: { code } })));
export const removeApp = () => changed(body(api.DELETE("/api/v1/account/totp")));
export const renewCodes = () => body(api.POST("/api/v1/account/recovery-codes"));

export async function addPasskey(name: string): Promise<Change> {
  const passkey = await register(await body(api.POST("/api/v1/account/passkeys/options")));
  return changed(body(api.POST("/api/v1/account/passkeys", { body: { name, passkey } })));
}
const at = (id: string) => ({ path: { passkey_id: id } });
export const renamePasskey = (id: string, name: string) => body(api.PATCH("/api/v1/account/passkeys/{passkey_id}", { params: at(id), body: { name } }));
export const removePasskey = (id: string) => changed(body(api.DELETE("/api/v1/account/passkeys/{passkey_id}", { params: at(id) })));

export const readSession = () => body(api.GET("/api/v1/session"));
export const confirmBy = async (proof: { password: string } | { code: string }) => goOn(await body(api.POST("/api/v1/session/step-up", { body: proof })));

export async function confirmByPasskey(): Promise<Session> {
  const passkey = await prove(await body(api.POST("/api/v1/session/step-up/options")));
  return goOn(await body(api.POST("/api/v1/session/step-up", { body: { passkey } })));
}

/** The session has another id and another value from now on. */
function goOn(session: Session): Session {
  setCsrf(session.csrf);
  return session;
}

async function changed(asked: Promise<Change>): Promise<Change> {
  const change = await asked;
  goOn(change.session);
  return change;
}
