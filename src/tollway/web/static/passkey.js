// Signs in by a passkey: browsers hand those to scripts only. Without this file the page works as it is.
const part = document.querySelector("[data-passkey]");
const button = part?.querySelector("button");
const said = part?.querySelector("[role=status]");
const { options, answer, next, origin } = part?.dataset ?? {};
const isSupported = typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

if (part && button && isSupported) {
  if (location.origin === origin) {
    button.addEventListener("click", () => void run());
    part.hidden = false;
  } else if (new URL(origin).port === location.port && ["127.0.0.1", "[::1]"].includes(location.hostname)) {
    const link = document.createElement("a");
    link.href = origin + location.pathname + location.search;
    link.textContent = `Passkeys work on ${origin}`;
    part.replaceChildren(link);
    part.hidden = false;
  }
}

async function run() {
  button.disabled = true;
  said.textContent = "";
  try {
    const asked = await send(options);
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.public_key);
    const credential = await navigator.credentials.get({ publicKey });
    await send(answer, { passkey: shown(credential.toJSON()) });
    location.assign(next);
  } catch (error) {
    said.textContent = error.name === "NotAllowedError" ? "No passkey was used." : error.message;
    button.disabled = false;
  }
}

function shown({ id, response }) {
  return {
    credential_id: id,
    client_data: response.clientDataJSON,
    authenticator_data: response.authenticatorData,
    signature: response.signature,
    ...(response.userHandle ? { user_handle: response.userHandle } : {}),
  };
}

async function send(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(told.detail || `The console answered ${response.status}.`);
  return told;
}
