// @azure/identity signs in to the embedded service by secret, with its own options alone: authority host, instance
// discovery off, and Node's option for roots. Prints a line for each case.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const { ClientSecretCredential } = require("@azure/identity");

async function main() {
  const said = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
  const options = { authorityHost: said.graph, disableInstanceDiscovery: true };
  const scope = `${said.graph}/.default`;
  const credential = new ClientSecretCredential(said.tenant, said.client_id, said.client_secret, options);
  const { token } = await credential.getToken(scope);
  const got = await fetch(`${said.graph}/v1.0/users?$top=5`, { headers: { authorization: `Bearer ${token}` } });
  assert.strictEqual(got.status, 200);
  assert.strictEqual((await got.json()).value.length, 5);
  console.log("ok @azure/identity: secret");
  const wrong = new ClientSecretCredential(said.tenant, said.client_id, "wrong", options);
  await assert.rejects(wrong.getToken(scope), /AADSTS7000215/);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
