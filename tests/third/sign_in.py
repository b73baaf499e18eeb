"""MSAL for Python signs in to the embedded service, with its own options alone: authority, CA bundle, instance discovery off.

sign_in.py certificate FOLDER    makes app.pem (certificate and key) and prints nothing
sign_in.py READY.json FOLDER     signs in in every way, calls Graph with each token, and prints a line for each case
"""

import datetime
import json
import os
import sys
import warnings

import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def make_certificate(folder):
    """A certificate of the application with its key, for its owner alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "pipeline")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with open(os.open(f"{folder}/app.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private + certificate.public_bytes(serialization.Encoding.PEM))


class Service:
    """The service that is running, as its one line described it."""

    def __init__(self, said):
        self.graph, self.authority = said["graph"], said["authority"]
        self.client_id, self.secret = said["client_id"], said["client_secret"]
        self.bundle = said["ca_bundle"]
        self.all = [f"{self.graph}/.default"]

    def options(self):
        """What a user of the library sets for a service of their own."""
        return {"authority": self.authority, "verify": self.bundle, "instance_discovery": False}

    def confidential(self, credential):
        return msal.ConfidentialClientApplication(
            self.client_id, client_credential=credential, **self.options()
        )

    def check(self, case, answer):
        """Lists people with the token of an answer."""
        assert "access_token" in answer, f"{case}: {answer}"
        headers = {"authorization": f"Bearer {answer['access_token']}"}
        got = requests.get(f"{self.graph}/v1.0/users?$top=5", headers=headers, verify=self.bundle, timeout=30)
        assert got.status_code == 200 and len(got.json()["value"]) == 5, f"{case}: {got.status_code} {got.text}"
        print(f"ok {case}", flush=True)


def by_device_code(service, password):
    app = msal.PublicClientApplication(service.client_id, **service.options())
    scopes = [f"{service.graph}/User.Read.All"]
    flow = app.initiate_device_flow(scopes)
    assert "user_code" in flow, flow
    # Asked once before anybody answers, which the library finds early.
    warnings.simplefilter("ignore")
    early = app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
    assert early.get("error") == "authorization_pending", early
    form = {"user_code": flow["user_code"], "username": "chidi@contoso.example", "password": password}
    page = requests.post(flow["verification_uri"], data=form, verify=service.bundle, timeout=30)
    assert "The device is signed in" in page.text, page.text
    service.check("msal: device code", app.acquire_token_by_device_flow(flow))
    # The account is known, and its refresh token works.
    (account,) = app.get_accounts()
    assert account["username"] == "chidi@contoso.example", account
    again = app.acquire_token_silent(scopes, account=account, force_refresh=True)
    service.check("msal: refresh token", again)


def by_secret(service):
    app = service.confidential(service.secret)
    service.check("msal: secret", app.acquire_token_for_client(service.all))
    wrong = service.confidential("wrong").acquire_token_for_client(service.all)
    assert wrong.get("error_codes") == [7000215], wrong


def by_certificate(service, folder):
    with open(f"{folder}/app.pem", encoding="ascii") as file:
        pem = file.read()
    certificate = x509.load_pem_x509_certificate(pem.encode())
    for case, credential in [
        # PS256 with x5t#S256.
        ("certificate", {"private_key": pem, "public_certificate": pem}),
        # RS256 with x5t, as older versions do.
        ("certificate by SHA-1", {"private_key": pem, "thumbprint": certificate.fingerprint(hashes.SHA1()).hex()}),
    ]:
        app = service.confidential(credential)
        service.check(f"msal: {case}", app.acquire_token_for_client(service.all))


def main():
    if sys.argv[1] == "certificate":
        make_certificate(sys.argv[2])
        return
    ready, folder = sys.argv[1:]
    with open(ready, encoding="utf-8") as file:
        service = Service(json.load(file))
    by_device_code(service, os.environ["PASSWORD"])
    by_secret(service)
    by_certificate(service, folder)


main()
