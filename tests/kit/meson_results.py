# SPDX-License-Identifier: BSD-3-Clause
"""How many tests `meson test` ran: "passed failed skipped" of a testlog.json.

    python3 -m tests.kit.meson_results build/meson-logs/testlog.json
"""

import json
import re
import sys


def outcome(test: dict) -> tuple[int, int, int]:
    """Of one program: what Criterion's sums or the TAP lines say, else one test."""
    said = test.get("stdout", "")
    sums = re.search(r"Passing: (\d+).*?Failing: (\d+).*?Crashing: (\d+)", said + test.get("stderr", ""))
    skipped = len(re.findall(r"^ok .*# SKIP", said, re.MULTILINE))
    passed = len(re.findall(r"^ok ", said, re.MULTILINE)) - skipped
    failed = len(re.findall(r"^not ok ", said, re.MULTILINE))
    if sums:
        passed, failed = int(sums[1]), int(sums[2]) + int(sums[3])
    good = test["result"] in ("OK", "EXPECTEDFAIL", "SKIP")
    if not good and failed == 0:  # it died or hung
        failed = 1
    if passed + failed + skipped == 0:
        passed, skipped = int(test["result"] != "SKIP"), int(test["result"] == "SKIP")
    return passed, failed, skipped


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as log:
        outcomes = [outcome(json.loads(line)) for line in log]
    print(*map(sum, zip(*outcomes)))


if __name__ == "__main__":
    main()
