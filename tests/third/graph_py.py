"""Microsoft's own Graph clients for Python work on the embedded service: pages, methods, batches, their own retries, typed errors.

graph_py.py READY.json PACKAGE    PACKAGE is msgraph (v1.0) or msgraph_beta; prints a line for each case
"""

import asyncio
import importlib
import json
import ssl
import sys
from urllib.parse import urlsplit

import httpx
from azure.identity import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph_core import GraphClientFactory
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks import PageIterator


class Sdk:
    """One of the packages, made to speak with the service that is running."""

    def __init__(self, said, package):
        self.package = package
        self.beta = package == "msgraph_beta"
        self.name = "msgraph-beta-sdk" if self.beta else "msgraph-sdk"
        graph = said["graph"]
        credential = ClientSecretCredential(
            said["tenant"],
            said["client_id"],
            said["client_secret"],
            authority=graph,
            disable_instance_discovery=True,
            connection_verify=said["ca_bundle"],
        )
        provider = AzureIdentityAuthenticationProvider(
            credential, scopes=[f"{graph}/.default"], allowed_hosts=[urlsplit(graph).netloc, urlsplit(graph).hostname]
        )
        adapter = self.module("graph_request_adapter")
        roots = ssl.create_default_context(cafile=said["ca_bundle"])
        client = httpx.AsyncClient(verify=roots, http2=True, timeout=30)
        client = GraphClientFactory.create_with_default_middleware(client=client, options=adapter.options)
        self.adapter = adapter.GraphRequestAdapter(provider, client)
        self.adapter.base_url = f"{graph}/{'beta' if self.beta else 'v1.0'}"
        self.client = self.module("graph_service_client").GraphServiceClient(request_adapter=self.adapter)

    def module(self, name):
        return importlib.import_module(f"{self.package}.{name}")

    def model(self, name):
        """A model by the name of its class."""
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
        return getattr(self.module(f"generated.models.{snake}"), name)

    def ok(self, case):
        print(f"ok {self.name}: {case}", flush=True)

    def methods_of(self, person):
        return self.client.users.by_user_id(person).authentication


async def pages(sdk):
    builder = sdk.module("generated.users.users_request_builder").UsersRequestBuilder
    query = builder.UsersRequestBuilderGetQueryParameters(top=4, select=["id", "displayName", "userPrincipalName"])
    first = await sdk.client.users.get(RequestConfiguration(query_parameters=query))
    assert len(first.value) == 4 and first.odata_next_link, first
    seen = []
    await PageIterator(first, sdk.adapter).iterate(lambda person: seen.append(person.user_principal_name) or True)
    assert len(seen) >= 9 and len(set(seen)) == len(seen) and "adele@contoso.example" in seen, seen
    builder = sdk.module("generated.users.count.count_request_builder").CountRequestBuilder
    configuration = RequestConfiguration(query_parameters=builder.CountRequestBuilderGetQueryParameters())
    configuration.headers.add("ConsistencyLevel", "eventual")
    assert await sdk.client.users.count.get(configuration) == len(seen)
    sdk.ok("pages of people, and their number")


async def selects(sdk):
    """One person by name, one found by search, the groups of one by a cast, all in their types."""
    builder = sdk.module("generated.users.item.user_item_request_builder").UserItemRequestBuilder
    query = builder.UserItemRequestBuilderGetQueryParameters(select=["id", "accountEnabled", "createdDateTime"])
    adele = await sdk.client.users.by_user_id("adele@contoso.example").get(RequestConfiguration(query_parameters=query))
    assert adele.account_enabled is True and adele.id, adele
    builder = sdk.module("generated.users.users_request_builder").UsersRequestBuilder
    query = builder.UsersRequestBuilderGetQueryParameters(search='"displayName:Adele"', count=True, orderby=["displayName"])
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("ConsistencyLevel", "eventual")
    found = await sdk.client.users.get(configuration)
    assert [person.id for person in found.value] == [adele.id] and found.odata_count == 1, found
    cast = sdk.client.users.by_user_id(adele.id).transitive_member_of.graph_group
    module = sdk.module("generated.users.item.transitive_member_of.graph_group.graph_group_request_builder")
    query = module.GraphGroupRequestBuilder.GraphGroupRequestBuilderGetQueryParameters(count=True)
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("ConsistencyLevel", "eventual")
    groups = await cast.get(configuration)
    assert all(isinstance(group, sdk.model("Group")) for group in groups.value), groups
    sdk.ok("select, search, count and casts")


async def methods(sdk):
    """Lists, adds, changes and removes, each in its own type."""
    person = "bas@contoso.example"
    of = sdk.methods_of(person)
    listed = await of.methods.get()
    kinds = {type(method).__name__ for method in listed.value}
    assert "PasswordAuthenticationMethod" in kinds and "PhoneAuthenticationMethod" in kinds, kinds
    sdk.ok("lists methods in their types")

    Phone, Email = sdk.model("PhoneAuthenticationMethod"), sdk.model("EmailAuthenticationMethod")
    Pass, kind = sdk.model("TemporaryAccessPassAuthenticationMethod"), sdk.model("AuthenticationPhoneType")
    added = await of.phone_methods.post(Phone(phone_number="+1 4255550133", phone_type=kind.Office))
    assert added.id and added.phone_type == kind.Office, added
    assert added.sms_sign_in_state is not None, added
    email = await of.email_methods.post(Email(email_address="bas@home.example"))
    one = await of.temporary_access_pass_methods.post(Pass(lifetime_in_minutes=60, is_usable_once=True))
    assert one.temporary_access_pass and one.is_usable_once and one.start_date_time, one
    sdk.ok("adds a phone, an address and a pass")

    await of.phone_methods.by_phone_authentication_method_id(added.id).patch(Phone(phone_number="+1 4255550134"))
    await of.email_methods.by_email_authentication_method_id(email.id).patch(Email(email_address="b@home.example"))
    phone = await of.phone_methods.by_phone_authentication_method_id(added.id).get()
    assert phone.phone_number == "+1 4255550134", phone
    assert (await of.email_methods.get()).value[0].email_address == "b@home.example"
    sdk.ok("changes a number and an address")

    await of.phone_methods.by_phone_authentication_method_id(added.id).delete()
    await of.email_methods.by_email_authentication_method_id(email.id).delete()
    await of.temporary_access_pass_methods.by_temporary_access_pass_authentication_method_id(one.id).delete()
    after = await of.methods.get()
    assert sorted(method.id for method in after.value) == sorted(method.id for method in listed.value), after
    await sdk.client.users.by_user_id(person).revoke_sign_in_sessions.post()
    sdk.ok("removes them, and signs out everywhere")


async def preferences(sdk):
    """What beta alone has: the default method and the state of per-user MFA."""
    of = sdk.methods_of("dora@contoso.example")
    told = await of.sign_in_preferences.get()
    Preferences = sdk.model("SignInPreferences")
    await of.sign_in_preferences.patch(Preferences(is_system_preferred_authentication_method_enabled=False))
    assert (await of.sign_in_preferences.get()).is_system_preferred_authentication_method_enabled is False
    assert told.user_preferred_method_for_secondary_authentication is not None, told
    Requirements, state = sdk.model("StrongAuthenticationRequirements"), sdk.model("PerUserMfaState")
    await of.requirements.patch(Requirements(per_user_mfa_state=state.Disabled))
    assert (await of.requirements.get()).per_user_mfa_state == state.Disabled
    sdk.ok("the default method and the state of per-user MFA")


async def policy(sdk):
    told = await sdk.client.policies.authentication_methods_policy.get()
    kinds = {type(one).__name__ for one in told.authentication_method_configurations}
    assert "SmsAuthenticationMethodConfiguration" in kinds, kinds
    rows = await sdk.client.reports.authentication_methods.user_registration_details.get()
    assert any(row.is_mfa_capable for row in rows.value) and rows.value[0].last_updated_date_time, rows
    sdk.ok("the policy and the registration report")


async def batch(sdk):
    content, of = BatchRequestContent(), sdk.methods_of("bas@contoso.example")
    Email = sdk.model("EmailAuthenticationMethod")
    requests = {
        "adele": sdk.methods_of("adele@contoso.example").phone_methods.to_get_request_information(),
        "bas": sdk.client.users.by_user_id("bas@contoso.example").to_get_request_information(),
        "nobody": sdk.client.users.by_user_id("nobody@contoso.example").to_get_request_information(),
        "email": of.email_methods.to_post_request_information(Email(email_address="bas@home.example")),
    }
    for name, request in requests.items():
        item = BatchRequestItem(request, id=name)
        # Addresses in a batch are relative, which Graph insists on and the package forgets.
        item.url = item.url.removeprefix(sdk.adapter.base_url)
        content.add_request(name, item)
    answer = await BatchRequestBuilder(sdk.adapter).post(content)
    statuses = answer.get_response_status_codes()
    assert statuses == {"adele": 200, "bas": 200, "nobody": 404, "email": 201}, statuses
    # This version of the package keeps no body that is an object, also not Graph's: what was done is looked at instead.
    (email,) = (await of.email_methods.get()).value
    assert email.email_address == "bas@home.example", email
    await of.email_methods.by_email_authentication_method_id(email.id).delete()
    sdk.ok("a batch of reads and a write")


async def throttled(sdk):
    """The service refuses the first call with 429; the package comes back by itself after the time that it is told."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    if sdk.beta:
        got = await sdk.client.devices.get()
    else:
        got = await sdk.client.groups.get()
    waited = loop.time() - start
    assert got.value, got
    assert waited >= 1, f"it came back after {waited} s"
    sdk.ok("429, and its own retry")


async def errors(sdk):
    Failure = sdk.module("generated.models.o_data_errors.o_data_error").ODataError
    of = sdk.methods_of("bas@contoso.example")
    Phone, kind = sdk.model("PhoneAuthenticationMethod"), sdk.model("AuthenticationPhoneType")
    calls = [
        (sdk.client.users.by_user_id("nobody@contoso.example").get, 404, "Request_ResourceNotFound"),
        (lambda: of.phone_methods.post(Phone(phone_number="x", phone_type=kind.Office)), 400, "invalidPhoneNumber"),
        (of.fido2_methods.by_fido2_authentication_method_id("none").get, 404, "resourceNotFound"),
    ]
    for call, status, code in calls:
        try:
            got = await call()
        except Failure as failure:
            assert failure.response_status_code == status, failure
            assert failure.error.code == code and failure.error.message, failure
            inner = failure.error.inner_error
            assert inner.request_id and inner.client_request_id and inner.date, failure
        else:
            raise AssertionError(f"{code}: {got}")
    sdk.ok("typed errors with their ids")


async def main():
    ready, package = sys.argv[1:]
    with open(ready, encoding="utf-8") as file:
        sdk = Sdk(json.load(file), package)
    cases = [pages, selects, methods, policy, batch, throttled, errors]
    if sdk.beta:
        cases.append(preferences)
    for case in cases:
        await case(sdk)


asyncio.run(main())
