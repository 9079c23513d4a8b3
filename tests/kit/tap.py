# SPDX-License-Identifier: BSD-3-Clause
"""Test results on standard output in the Test Anything Protocol, which scripts/test counts."""

import os
import sys
from typing import NoReturn


class Tap:
    def __init__(self) -> None:
        self.count = self.failed = 0

    def ok(self, name: str, condition: object, detail: object = "") -> bool:
        """One test; `detail` is shown when it failed."""
        self.count += 1
        self.failed += not condition
        print(f"{'ok' if condition else 'not ok'} {self.count} - {name}", flush=True)
        if not condition and detail != "":
            print(*("# " + line for line in str(detail).splitlines()), sep="\n", flush=True)
        return bool(condition)

    def equal(self, name: str, got: object, expected: object) -> bool:
        return self.ok(name, got == expected, f"got      {got!r:.1500}\nexpected {expected!r:.1500}")

    def skip(self, name: str, why: str) -> None:
        """What this machine cannot do. Where everything has to run, that is a failure."""
        if os.environ.get("CI") == "true":
            self.ok(name, False, f"cannot run here: {why}")
            return
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def end(self) -> NoReturn:
        print(f"1..{self.count}", flush=True)
        sys.exit(self.failed > 0)
