// Microsoft's own Graph client for JavaScript works on the embedded service over HTTPS: pages, methods, batches, its own
// retries, typed errors. Prints a line for each case.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const { ClientSecretCredential } = require("@azure/identity");
const {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  PageIterator,
} = require("@microsoft/microsoft-graph-client");
const {
  TokenCredentialAuthenticationProvider,
} = require("@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials");

function ok(what) {
  console.log(`ok @microsoft/microsoft-graph-client: ${what}`);
}

async function pages(client) {
  const first = await client.api("/users").top(4).select("id,userPrincipalName").get();
  assert.strictEqual(first.value.length, 4);
  const seen = [];
  await new PageIterator(client, first, (person) => seen.push(person.userPrincipalName) > 0).iterate();
  assert.ok(seen.length >= 9 && new Set(seen).size === seen.length, String(seen));
  const number = await client.api("/users/$count").header("ConsistencyLevel", "eventual").get();
  assert.strictEqual(Number(number), seen.length);
  ok("pages of people, and their number");
}

async function methods(client) {
  const own = "/users/bas@contoso.example/authentication";
  const before = await client.api(`${own}/methods`).get();
  assert.ok(before.value.some((method) => method["@odata.type"] === "#microsoft.graph.phoneAuthenticationMethod"));
  ok("lists methods");

  const phone = await client.api(`${own}/phoneMethods`).post({ phoneNumber: "+1 4255550133", phoneType: "office" });
  const email = await client.api(`${own}/emailMethods`).post({ emailAddress: "bas@home.example" });
  const pass = await client.api(`${own}/temporaryAccessPassMethods`).post({ lifetimeInMinutes: 60, isUsableOnce: true });
  assert.ok(phone.id && email.id && pass.temporaryAccessPass);
  ok("adds a phone, an address and a pass");

  await client.api(`${own}/phoneMethods/${phone.id}`).patch({ phoneNumber: "+1 4255550134" });
  assert.strictEqual((await client.api(`${own}/phoneMethods/${phone.id}`).get()).phoneNumber, "+1 4255550134");
  const preferences = client.api(`${own}/signInPreferences`).version("beta");
  await preferences.patch({ isSystemPreferredAuthenticationMethodEnabled: false });
  assert.strictEqual((await preferences.get()).isSystemPreferredAuthenticationMethodEnabled, false);
  ok("changes a number, and a preference of beta");

  await client.api(`${own}/phoneMethods/${phone.id}`).delete();
  await client.api(`${own}/emailMethods/${email.id}`).delete();
  await client.api(`${own}/temporaryAccessPassMethods/${pass.id}`).delete();
  const after = await client.api(`${own}/methods`).get();
  assert.deepStrictEqual(after.value.map(({ id }) => id).sort(), before.value.map(({ id }) => id).sort());
  await client.api("/users/bas@contoso.example/revokeSignInSessions").post({});
  ok("removes them, and signs out everywhere");
}

async function batch(client, root) {
  // The package takes scheme and host away, not the version.
  const step = (id, target, options) => ({ id, request: new Request(`${root}${target}`, options) });
  const write = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  const content = new BatchRequestContent([
    step("adele", "/users/adele@contoso.example/authentication/phoneMethods"),
    step("nobody", "/users/nobody@contoso.example"),
    step("out", "/users/bas@contoso.example/revokeSignInSessions", write),
  ]);
  const answer = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
  const adele = answer.getResponseById("adele");
  assert.strictEqual(adele.status, 200);
  assert.strictEqual((await adele.json()).value.length, 2);
  assert.strictEqual(answer.getResponseById("nobody").status, 404);
  assert.strictEqual(answer.getResponseById("out").status, 200);
  ok("a batch");
}

async function throttled(client) {
  const start = performance.now();
  const roles = await client.api("/directoryRoles").get();
  assert.ok(roles.value.length > 0);
  assert.ok(performance.now() - start >= 1000, "it came back too early");
  ok("429, and its own retry");
}

async function errors(client) {
  const own = "/users/bas@contoso.example/authentication";
  const calls = [
    [() => client.api("/users/nobody@contoso.example").get(), 404, "Request_ResourceNotFound"],
    [() => client.api(`${own}/phoneMethods`).post({ phoneNumber: "x", phoneType: "office" }), 400, "invalidPhoneNumber"],
    [() => client.api(`${own}/fido2Methods/none`).get(), 404, "resourceNotFound"],
  ];
  for (const [call, status, code] of calls) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof GraphError, String(error));
      assert.deepStrictEqual([error.statusCode, error.code], [status, code]);
      assert.ok(error.requestId && error.message && error.date instanceof Date);
      return true;
    });
  }
  ok("typed errors with their ids");
}

async function main() {
  const said = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
  const options = { authorityHost: said.graph, disableInstanceDiscovery: true };
  const credential = new ClientSecretCredential(said.tenant, said.client_id, said.client_secret, options);
  const host = new URL(said.graph);
  const client = Client.initWithMiddleware({
    baseUrl: said.graph,
    customHosts: new Set([host.hostname, host.host]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [`${said.graph}/.default`] }),
  });
  await pages(client);
  await methods(client);
  await batch(client, said.graph);
  await throttled(client);
  await errors(client);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
