"""What the Azure SDK and google-auth are given: their own types, without the token where one looks."""

import json

import pytest

from jupyter_auth.core.errors import ProfileError
from tests.adapters.desk import Desk

PROTOCOLS = """
from azure.core import credentials, credentials_async
one, other = ja.azure_credential("lake"), ja.azure_credential_async("lake")
told = [
    isinstance(one, credentials.TokenCredential) and isinstance(one, credentials.SupportsTokenInfo),
    isinstance(other, credentials_async.AsyncTokenCredential),
    isinstance(other, credentials_async.AsyncSupportsTokenInfo),
]
"""
TOKENS = """
import time
from tests.adapters.drivers import SCOPES
from azure.core.credentials import AccessToken, AccessTokenInfo
tok = ja.get_token("lake", interactive=False)
one = ja.azure_credential("lake", interactive=False)
async def of_the_other():
    async with ja.azure_credential_async("lake", interactive=False) as other:
        return [await other.get_token(*SCOPES), await other.get_token_info(*SCOPES, options={})]
tokens = [one.get_token(*SCOPES), one.get_token_info(*SCOPES), *elsewhere(of_the_other())]
"""
SHOWN = """
import copy, pickle, pprint
from IPython.lib.pretty import pretty
def refuses(act, it):
    try: act(it)
    except TypeError as problem: return "handed" in str(problem) or "hand on" in str(problem)
shown = [show(it) for it in tokens for show in (repr, str, pretty, pprint.pformat, "{}".format)]
told = [all(tok.reveal() not in text and tok.reveal()[:12] not in text for text in shown)]
told += [refuses(act, it) for it in tokens for act in (pickle.dumps, copy.copy, copy.deepcopy)]
"""
GOOGLE = """
from google.auth import credentials
held = ja.google_credentials("lake", interactive=False)
held.refresh(None)
paid = held.with_quota_project("science")
sent = {}
paid.before_request(None, "GET", "https://127.0.0.1/", sent)
"""


def test_they_are_azure_core_s_credentials(desk: Desk) -> None:
    assert desk.run(PROTOCOLS, "told") == [True, True, True]


def test_azure_s_tokens_say_when_to_ask_again(desk: Desk) -> None:
    desk.run(TOKENS)
    same = "all(it.token == tok.reveal() and it.expires_on == tok.expires_on for it in tokens)"
    assert desk.run("", same)
    assert desk.run("", "all(isinstance(tokens[n], AccessToken) for n in (0, 2))")
    now = "it.refresh_on <= min(time.time(), tok.refresh_on)"
    assert desk.run("", f"all(it.token_type == 'Bearer' and {now} for it in (tokens[1], tokens[3]))")


def test_azure_s_tokens_do_not_show_themselves(desk: Desk) -> None:
    desk.run("ja.output_guard(False)")  # what would mask them in any case
    try:
        assert desk.run(TOKENS + SHOWN, "told") == [True] * 13
    finally:
        desk.run("ja.output_guard(True)")


def test_google_s_credentials_hold_what_google_auth_reads(desk: Desk) -> None:
    desk.run(GOOGLE)
    assert desk.run("", "held.valid and not held.expired and held.token == ja.get_token('lake').reveal()")
    assert desk.run("", "sorted(sent)") == ["authorization", "x-goog-user-project"]
    assert desk.run("", "held.token in repr(held)") is False
    assert json.loads(desk.run("import copy, json", "json.dumps(copy.deepcopy(held).token)")) is None


def test_tenants_are_a_list() -> None:
    import jupyter_auth as ja

    with pytest.raises(ProfileError, match="is a list of tenants"):
        ja.azure_credential("lake", additionally_allowed_tenants="contoso*")
