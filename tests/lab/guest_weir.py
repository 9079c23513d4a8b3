# SPDX-License-Identifier: BSD-3-Clause
"""A weir that runs in a guest, asked by weirctl there; otherwise as tests.kit.rig.LiveWeir."""

import json

from tests.kit import weir
from tests.kit.rig import documents, wait_until
from tests.lab.guest import PATIENCE, Guest


class GuestWeir:
    def __init__(self, guest: Guest, *arguments: object, eal: tuple = ()):
        self.guest = guest
        ours = ("--format", "json", "--flows", "/tmp/flows", "--interval", "0.5", "--flow-capacity", 16384, *arguments)
        words = (*eal, "--file-prefix", "weir", "--", *ours) if eal else ours
        guest.do("rm -f /tmp/flows")
        self.pid = guest.do(f"weir {' '.join(map(str, words))} >/tmp/output 2>/tmp/errors & echo $!").strip()
        self._until(self._ready, "weir to be ready")

    def _ready(self) -> bool:
        if self.guest.attempt(f"kill -0 {self.pid}")[0] != 0:
            raise RuntimeError(f"weir ended:\n{self.errors()}")
        return self.guest.attempt("weirctl ledger")[0] == 0

    def errors(self) -> str:
        return self.guest.do("cat /tmp/errors")

    def ask(self, command: str) -> dict:
        return json.loads(self.guest.do(f"weirctl --json {command}"))

    def seen(self) -> int:
        """Frames received or known to be lost, by the newest snapshot."""
        ledger = self.ask("ledger")
        return sum(ledger[name] for name in ("received", "missed", "no_mbuf"))

    def wait_for(self, frames: int) -> dict:
        """Until so many have come; the ledger then."""
        self._until(lambda: self.seen() >= frames, f"{frames} frames at weir")
        return self.ask("ledger")

    def wait_for_event(self, kind: str, port: str) -> None:
        self._until(lambda: any(event["kind"] == kind and event["port"] == port
                                for event in self.events()), f"{kind} of {port}")

    def events(self) -> list[dict]:
        found = self.ask("events")["events"]
        return list(found.values()) if found else []

    def report(self) -> dict:
        """What it reports while it runs, of all that it has counted up to now."""
        self.guest.do(f"kill -USR1 {self.pid}")
        self._until(lambda: self.guest.do("cat /tmp/output").endswith("}\n"), "a report")
        return documents(self.guest.do("cat /tmp/output"))[-1]

    def kill(self) -> None:
        self.guest.attempt(f"kill -KILL {self.pid}; wait {self.pid}")

    def stop(self) -> weir.Analysis:
        """End it as a user would, and take what it says."""
        status, _ = self.guest.attempt(f"kill -INT {self.pid}; wait {self.pid}")
        done = weir.Run(status, self.guest.do("cat /tmp/output"), self.errors())
        report = documents(done.output)[-1] if status == 0 else None
        return weir.Analysis(done, report, self.guest.do("cat /tmp/flows").splitlines())

    def _until(self, condition, what: str) -> None:
        try:
            wait_until(condition, what, PATIENCE)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.guest.attempt('weirctl ledger')[1]}{self.errors()}") from None
