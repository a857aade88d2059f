"""All grants of one broker, by kernel and by notebook. In memory only: they end with the server."""

from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Any

from jupyter_auth.broker.auditing.audit import Audit
from jupyter_auth.broker.auditing.granted import write_down
from jupyter_auth.broker.changes import Changes, KernelAction, KernelChanged
from jupyter_auth.broker.grants.held import Held
from jupyter_auth.broker.grants.wanted import Wanted
from jupyter_auth.core.errors import PolicyError

MAX_HELD = 100  # grants of one kernel, or of one notebook: nobody has decided on more
MAX_NOTEBOOKS = 1000
MAX_WIDER = 1000
WIDER_KEPT = 300.0  # seconds for which a provider is not asked again for less than it gives


class Grants:
    """What people have decided. Used on the broker's event loop only.

    ``is_closed`` is what every request looks at first: False while every profile is open to all and nobody
    has decided anything.
    """

    def __init__(self, changes: Changes, bump: Callable[[], Awaitable[None]], audit: Audit) -> None:
        """``bump`` makes kernels let go of what they keep."""
        self._changes = changes
        self._bump = bump
        self._audit = audit
        self._kernels: dict[str, list[Held]] = {}
        self._notebooks: dict[str, list[Held]] = {}
        self._restricts = False
        self._wider: dict[Wanted, tuple[float, Wanted]] = {}
        self.is_closed = False
        self.version = 0  # raised by every decision

    def heed(self, restricts: bool) -> None:
        """The configuration was read: whether any profile is not open to every kernel."""
        self._restricts = restricts
        self._look()

    def _look(self) -> None:
        self.is_closed = self._restricts or bool(self._kernels or self._notebooks)

    @property
    def are_by_notebook(self) -> bool:
        """True where it matters which notebook a kernel is of."""
        return bool(self._notebooks)

    def of(self, kernel_id: str, notebook: str | None) -> list[Held]:
        """A kernel's own, and those of its notebook."""
        own = self._kernels.get(kernel_id, [])
        shared = self._notebooks.get(notebook, []) if notebook else []
        return [*own, *(one for one in shared if one not in own)]

    def prune(self, lives: Callable[[str], bool]) -> None:
        """Forget those of kernels that have been shut down."""
        self._kernels = {kernel: held for kernel, held in self._kernels.items() if lives(kernel)}
        self._look()

    async def add(self, held: Held, notebook: str | None) -> None:
        """What a person has answered, beside what there is."""
        self._put(held, notebook, replaced=lambda other: other == held)
        self.note(held)
        await self._tell(held.grant.kernel_id, held.grant.profile, _action(held))

    def note(self, held: Held) -> None:
        """It was decided: all that is to do of a decision which is not remembered."""
        write_down(self._audit, _action(held), held, held.grant.kernel_id)

    async def put(self, held: Held, notebook: str | None) -> None:
        """What a person has set, in the place of what there was for the profile and the account."""
        own, name = held.grant.account, held.grant.profile

        def is_replaced(other: Held) -> bool:
            same = other.grant.profile == name or (
                other.grant.decision == "deny" and other.place.client == held.place.client
            )
            return same and (own is None or other.grant.account == own)

        self._put(held, notebook, replaced=is_replaced)
        self.note(held)
        await self._tell(held.grant.kernel_id, name, _action(held))

    def _put(self, held: Held, notebook: str | None, replaced: Callable[[Held], bool]) -> None:
        """Raises ``PolicyError`` where there are too many already."""
        kernel_id = held.grant.kernel_id
        keeps = [one for one in self._kernels.get(kernel_id, ()) if not replaced(one)]
        shared = [one for one in self._notebooks.get(notebook or "", ()) if not replaced(one)]
        is_shared = held.grant.remember == "notebook"
        if is_shared:
            shared.append(held)
        if not is_shared or held.grant.decision == "deny":  # which stays, whatever its path becomes
            keeps.append(held)
        books = len(self._notebooks.keys() | ({notebook} if shared else set()))
        if max(len(keeps), len(shared)) > MAX_HELD or books > MAX_NOTEBOOKS:
            raise PolicyError(
                "There are too many grants already.", reason="too_many_grants", hint="Take some back first."
            )
        self._set(self._kernels, kernel_id, keeps)
        if notebook:
            self._set(self._notebooks, notebook, shared)

    async def revoke(self, kernel_id: str, notebook: str | None, profile: str | None) -> set[str]:
        """Take back what a kernel and its notebook have, or what they have of one profile; which profiles
        that were."""
        ended: list[Held] = []

        def staying(held: Iterable[Held]) -> list[Held]:
            ends = [one for one in held if profile in (None, one.grant.profile)]
            ended.extend(one for one in ends if one not in ended)
            return [one for one in held if one not in ends]

        self._set(self._kernels, kernel_id, staying(self._kernels.get(kernel_id, [])))
        if notebook:
            self._set(self._notebooks, notebook, staying(self._notebooks.get(notebook, [])))
        for one in ended:
            write_down(self._audit, "revoked", one, kernel_id)
        gone = {one.grant.profile for one in ended}
        for name in sorted(gone):
            await self._tell(kernel_id, name, "revoked")
        return gone

    def bind(self, held: Held, wanted: Wanted) -> None:
        """A grant that was given for whoever signs in is for this account from now on."""
        for book in (self._kernels, self._notebooks):
            for own in book.values():
                own[:] = [one.bound(wanted) if one == held else one for one in own]

    def note_wider(self, asked: Wanted, given: Wanted) -> None:
        """A provider was asked for less, and gave more: it will again."""
        self._wider.pop(asked, None)
        self._wider[asked] = (monotonic(), given)
        if len(self._wider) > MAX_WIDER:
            del self._wider[next(iter(self._wider))]

    def wider(self, asked: Wanted) -> Wanted:
        """What comes of a request for ``asked``, as far as it is known."""
        noted, given = self._wider.get(asked, (0.0, asked))
        return given if monotonic() - noted < WIDER_KEPT else asked

    def _set(self, book: dict[str, list[Held]], key: str, held: list[Held]) -> None:
        book.pop(key, None)
        if held:
            book[key] = held
        self.version += 1
        self._look()

    async def _tell(self, kernel_id: str, profile: str, action: KernelAction) -> None:
        """Kernels let go of what they keep before anybody is told that it is done."""
        await self._bump()
        self._changes.tell(KernelChanged(kernel_id=kernel_id, action=action, profile=profile))


def _action(held: Held) -> KernelAction:
    return "granted" if held.grant.decision == "allow" else "refused"


def grant_rows(held: Iterable[Held]) -> list[dict[str, Any]]:
    """What a person sees of grants."""
    return [one.grant.to_wire(one.username) for one in held]
