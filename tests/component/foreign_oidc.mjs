// A certified relying party (openid-client) logs in at the simulator; prints what it got as JSON.
// Arguments: folder of node_modules, issuer, client id, secret, callback, identity, national id for CIBA.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, issuer, clientId, secret, callback, identity, nationalId] = process.argv.slice(2);
const found = createRequire(`${folder}/`).resolve("openid-client");
const client = await import(pathToFileURL(found));

const discovery = new URL(`${issuer}/.well-known/wallet-openid-configuration`);
const config = await client.discovery(discovery, clientId, secret);
client.enableNonRepudiationChecks(config);
let wallet;

// One login through the page of identities; `action` names a button that forges the answer.
async function logIn(action) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  wallet = client.buildAuthorizationUrl(config, {
    redirect_uri: callback, scope: "openid scope_all", acr_values: "eidas1", state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const page = await (await fetch(wallet)).text();
  const interaction = /name="interaction" value="([^"]+)"/.exec(page)[1];
  const back = await fetch(new URL("/auth/identites", wallet), {
    method: "POST", redirect: "manual", body: new URLSearchParams({ interaction, identite: identity, action }),
  });
  return client.authorizationCodeGrant(config, new URL(back.headers.get("location")), {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
  });
}

const forged = {};
for (const action of ["signature", "nonce", "annuler"]) {
  forged[action] = await logIn(action).then(() => "accepted", (error) => error.error ?? error.code);
}
const tokens = await logIn("");
const claims = tokens.claims();
const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const introspected = await client.tokenIntrospection(config, tokens.access_token);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);

const asked = await client.initiateBackchannelAuthentication(config, {
  scope: "openid scope_all", acr_values: "eidas1", login_hint: nationalId, binding_message: "42",
  channel: "MOBILE",
});
await fetch(new URL("/auth/telephone", wallet), {
  method: "POST", redirect: "manual",
  body: new URLSearchParams({ demande: asked.auth_req_id, action: "accepter" }),
});
const decoupled = await client.pollBackchannelAuthenticationGrant(config, asked);

await client.tokenRevocation(config, refreshed.refresh_token);
let refused = "";
try {
  await client.refreshTokenGrant(config, refreshed.refresh_token);
} catch (error) {
  refused = error.error;
}
const end = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token });
const ended = await fetch(end, { redirect: "manual" });
console.log(JSON.stringify({
  acr: claims.acr, person, active: introspected.active, decoupled: decoupled.claims().SubjectNameID,
  fresh: refreshed.access_token !== tokens.access_token, refused, ended: ended.status, forged,
}));
