"""The script that an administrator would write: the second factors of many people on Keycloak, listed and deleted, set-up
required, everybody signed out, eight people at once. Prints how many people are done.

keycloak.py URL REALM CLIENT_ID FILE, with CLIENT_SECRET in the environment; needs httpx.
"""
import asyncio
import csv
import os
import sys

import httpx

url, realm, client_id, file = sys.argv[1:]
second_factors = {"otp", "webauthn", "webauthn-passwordless", "recovery-authn-codes"}


async def token(client):
    answer = await client.post(f"{url}/realms/{realm}/protocol/openid-connect/token", data={
        "grant_type": "client_credentials", "client_id": client_id, "client_secret": os.environ["CLIENT_SECRET"]})
    answer.raise_for_status()
    return {"Authorization": "Bearer " + answer.json()["access_token"]}


async def reset(client, name):
    users = (await client.get("/users", params={"username": name, "exact": "true"})).raise_for_status().json()
    path = "/users/" + users[0]["id"]
    for credential in (await client.get(path + "/credentials")).raise_for_status().json():
        if credential["type"] in second_factors:
            (await client.delete(f"{path}/credentials/{credential['id']}")).raise_for_status()
    required = (await client.get(path)).raise_for_status().json()["requiredActions"]
    if "CONFIGURE_TOTP" not in required:
        (await client.put(path, json={"requiredActions": required + ["CONFIGURE_TOTP"]})).raise_for_status()
    (await client.post(path + "/logout")).raise_for_status()


async def main():
    with open(file, newline="") as rows:
        names = [row["user"] for row in csv.DictReader(rows)]
    done = 0
    limits = httpx.Limits(max_connections=8, max_keepalive_connections=8)
    async with httpx.AsyncClient(base_url=f"{url}/admin/realms/{realm}", limits=limits, timeout=60) as client:
        client.headers.update(await token(client))
        todo = iter(names)

        async def worker():
            nonlocal done
            for name in todo:
                await reset(client, name)
                done += 1

        await asyncio.gather(*(worker() for _ in range(8)))
    print(done)


asyncio.run(main())
