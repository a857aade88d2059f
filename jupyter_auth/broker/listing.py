"""What people may see of the broker: versions, store, cache entries, accounts. Never a token."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from jupyter_auth import __version__
from jupyter_auth.broker.config.configuration import Configuration
from jupyter_auth.broker.request import resource_of
from jupyter_auth.broker.signing_in.flows import may_ask
from jupyter_auth.broker.tenants import client_of, realm_of
from jupyter_auth.broker.tokens.renewing import Renewing
from jupyter_auth.broker.tokens.silent import Silent
from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.records import AccessTokenRecord, AccountKey, AccountRecord, AppKey, ClientKey, Holder
from jupyter_auth.cache.store import StoreDescription
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.account import Account
from jupyter_auth.core.frames import PROTOCOL_VERSION
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.statistics import CAUSES, Statistics

Row = dict[str, Any]
InThread = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]


def status(cache: TokenCache | None, configuration: Configuration, statistics: Statistics) -> Row:
    """Versions, store, configuration, and what was done so far; of a store that is not open, nothing."""
    store = cache.describe() if cache else None
    return {
        "version": __version__,
        "protocol": PROTOCOL_VERSION,
        "store": store and _described(store),
        "configuration": {
            "files": list(configuration.files),
            "default_profile": configuration.default_profile,
            "faults": [str(fault) for fault in configuration.faults],
        },
        "statistics": counted(cache, store, statistics) if cache and store else None,
    }


def _described(store: StoreDescription) -> Row:
    return {
        "name": store.name,
        "location": store.location,
        "key_source": store.key_source,
        "key_sources": list(store.key_sources),
        "network": store.network,
        "locked": store.locked,
        "notes": list(store.notes),
    }


def counted(cache: TokenCache, store: StoreDescription, statistics: Statistics) -> Row:
    """The statistics, with what the store has evicted, and what memory holds now."""
    told, memory = statistics.to_wire(), cache.memory
    told["evictions"]["store"] = {**dict.fromkeys(CAUSES[:3], 0), **store.evicted}
    limits = {"entry_limit": memory.limits.entries, "size_limit": memory.limits.size}
    return {**told, "memory": {"entries": len(memory), "size": memory.size, **limits}}


def profiles(configuration: Configuration, flows: Callable[[Profile], tuple[str, ...]]) -> list[Row]:
    """The profiles with their ``flows``, then the faulty ones with their faults."""
    rows: list[Row] = [
        {
            "name": profile.name,
            "title": profile.title or None,
            "provider": profile.provider,
            "issuer": profile.issuer,
            "scopes": list(profile.scopes),
            "flows": list(flows(profile)) if may_ask(profile) else [],
            "default": profile.name == configuration.default_profile,
            "kernel_access": profile.kernel_access,
            "faults": [],
        }
        for profile in configuration.profiles.values()
    ]
    for name in sorted(configuration.broken):
        own = [
            {"file": f.file, "key": f.key, "message": f.message}
            for f in configuration.faults
            if f.key == f"profiles.{name}" or f.key.startswith(f"profiles.{name}.")
        ]
        rows.append(
            {"name": name, "title": None, "provider": None, "issuer": None, "kernel_access": None}
            | {"scopes": [], "flows": [], "default": name == configuration.default_profile, "faults": own}
        )
    return rows


async def entries(
    cache: TokenCache,
    silent: Silent | None,
    renewing: Renewing | None,
    configuration: Configuration,
    in_thread: InThread,
) -> list[Row]:
    """The access tokens that have not ended, one row each."""
    holders: list[tuple[Holder, AccountRecord | None]] = [
        *((account.account_key, account) for account in await in_thread(cache.all_accounts)),
        *((app, None) for app in await in_thread(ApplicationCache(cache).all)),
    ]
    return [
        _entry(token, _profile_of(key, token, configuration), account, silent)
        | {"renewing": _is_renewing(token, key, silent, renewing)}
        for key, account in holders
        for token in await in_thread(partial(cache.tokens, key))
    ]


def _profile_of(key: Holder, token: AccessTokenRecord, configuration: Configuration) -> str:
    """The profile that most likely asked for a token: several may name one application."""
    named = [p for p in configuration.profiles.values() if client_of(p) == key.client]
    is_own = isinstance(key, AppKey) and key.kind == "app"

    def unlikeness(profile: Profile) -> tuple[bool, bool, bool]:
        is_another = resource_of(profile) != token.resource
        return profile.signs_people_in == is_own, is_another, realm_of(profile) != token.realms[-1]

    named.sort(key=unlikeness)
    return named[0].name if named else ""


def _entry(
    token: AccessTokenRecord,
    profile: str,
    account: AccountRecord | None,
    silent: Silent | None,
) -> Row:
    return {
        "profile": profile,
        "username": account.username if account else "",
        "home_account_id": account.home_account_id if account else "",
        "scopes": list(token.granted),
        "expires_on": token.expires_on,
        "refresh_on": token.refresh_on,
        "last_used": int(silent.last_used.get(token.version, 0)) or None if silent else None,
        "source": "cache" if silent and token.version in silent.last_used else "identity_provider",
    }


def _is_renewing(
    token: AccessTokenRecord, key: Holder, silent: Silent | None, renewing: Renewing | None
) -> bool:
    flight = silent.flights.get(key) if silent else None
    if flight is not None and token.serves(flight.target, fold=False):
        return True
    return renewing is not None and renewing.is_renewing(token.version)


async def account_states(
    cache: TokenCache,
    known: Sequence[Account],
    renewing: Renewing | None,
    configuration: Configuration,
    in_thread: InThread,
) -> list[Row]:
    """The accounts with their state, one row for each profile of theirs."""
    rows: list[Row] = []
    for account in known:
        profile = configuration.profiles.get(account.profile)
        if profile is None:
            continue  # taken out of the configuration meanwhile
        client = ClientKey(account.environment, profile.client_id)

        def state(account: Account = account, client: ClientKey = client) -> str | None:
            """None where it has gone meanwhile."""
            for record in cache.accounts(client):
                if record.home_account_id == account.home_account_id:
                    return "signed_in" if cache.refresh_token(record.account_key) else "needs_sign_in"
            return None

        key = AccountKey(*client, account.home_account_id)
        found = await in_thread(state)
        if found and renewing is not None and renewing.needs_person(key, profile.name):
            found = "needs_sign_in"  # a provider that wants the person, and leaves the refresh token as it is
        if found is not None:
            rows.append({**account.to_wire(), "state": found})
    return rows
