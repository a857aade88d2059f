"""A desktop's keyring of a test's own: a D-Bus session, and GNOME's keyring daemon on it, unlocked."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from jeepney import message_bus
from jeepney.io.blocking import open_dbus_connection

from tests.support.waiting import until


class KeyringSession:
    """The session, as a context. ``environment`` is that of a process on this desktop."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ja-keyring-"))  # short: a socket's path has its limit
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.folder}/bus",
            "HOME": str(self.folder),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_RUNTIME_DIR": str(self.folder),
        }

    def __enter__(self) -> Self:
        address = self.environment["DBUS_SESSION_BUS_ADDRESS"]
        self._start("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}")
        until((self.folder / "bus").exists)
        self._daemon = self._start(
            "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", says=b"a password"
        )
        until(self._is_there)
        return self

    def _start(self, program: str, *arguments: str, says: bytes = b"") -> "subprocess.Popen[bytes]":
        assert shutil.which(program), f"these tests need {program}: see PROGRAMS in tasks.py"
        process = subprocess.Popen(
            [program, *arguments],
            env=os.environ | self.environment,
            stdin=subprocess.PIPE if says else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        if process.stdin:
            process.stdin.write(says)
            process.stdin.close()
        return process

    def _is_there(self) -> bool:
        asked = message_bus.NameHasOwner("org.freedesktop.secrets")
        with open_dbus_connection(self.environment["DBUS_SESSION_BUS_ADDRESS"]) as bus:
            return bool(bus.send_and_get_reply(asked).body[0])

    def pause(self) -> None:
        """SIGSTOP: who asks it waits."""
        self._daemon.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._daemon.send_signal(signal.SIGCONT)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
