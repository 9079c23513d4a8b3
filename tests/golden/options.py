# SPDX-License-Identifier: BSD-3-Clause
"""Options come from a table: what a file of options says counts as on the command line, which wins;
/weir/info and the report tell what is in force; bash completes what --help lists."""

import json
import subprocess
import tempfile
from pathlib import Path

from tests.kit import weir
from tests.kit.tap import Tap

COMPLETE = """source scripts/completion
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_weir "$1" "${@: -1}" "${@: -2:1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def settings(run: weir.Run) -> dict[str, str]:
    return json.loads(run.output)["settings"] if run.status == 0 else {"failed": run.errors}


def files(tap: Tap, folder: Path) -> None:
    conf = folder / "weir.conf"
    conf.write_text(f"# one source\nread = {weir.BUNDLED}\nformat = json\nno-vlan-key\n"
                    'filter = "ip or ip6"   # all of it\ninactive-timeout = 2.5\ntop=3\n')
    said = settings(weir.run("--conf", str(conf), "--top", "4"))
    for name, value in (("filter", "ip or ip6"), ("inactive_timeout", "2.5"), ("vlan_key", "no"),
                        ("top", "4"), ("conf", str(conf)), ("active_timeout", "300")):
        tap.equal(f"--conf: {name}", said.get(name), value)
    given = weir.run("--read", weir.BUNDLED, "--format", "json", "--no-vlan-key", "--filter",
                     "ip or ip6", "--inactive-timeout", "2.5", "--top", "4")
    from_file = weir.run("--conf", str(conf), "--top", "4")
    reports = [json.loads(run.output) for run in (given, from_file)]
    for report in reports:
        for of_the_run in ("settings", "workers", "ports"):
            del report[of_the_run]
    tap.equal("--conf: the same report as by the command line", reports[1], reports[0])
    for text, words in (("top = many\n", (":1:", "--top many")), ("\nto = 3\n", (":2:", "to:")),
                        ("read\n", (":1:", "read"))):
        conf.write_text(text)
        run = weir.run("--conf", str(conf))
        tap.ok(f"--conf with {text!r}: one line, exit 2",
               run.status == 2 and run.errors.count("\n") == 1 and str(conf) in run.errors
               and all(word in run.errors for word in words), run)


def completed(*words: str) -> list[str]:
    done = subprocess.run(["bash", "-c", COMPLETE, "complete", *words], capture_output=True, text=True,
                          check=True)
    return done.stdout.split()


def completion(tap: Tap) -> None:
    tap.equal("completion: an option", completed(weir.WEIR, "--interf"), ["--interface"])
    tap.equal("completion: a word", completed(weir.WEIR, "ch"), ["check"])
    tap.equal("completion: a choice", completed(weir.WEIR, "--driver", ""), ["af_xdp", "af_packet"])
    tap.ok("completion: a file", "README.md" in completed(weir.WEIR, "--read", "READ"))
    tap.ok("completion: an interface", "lo" in completed(weir.WEIR, "--interface", "l"))
    tap.equal("completion: a number", completed(weir.WEIR, "--top", ""), [])
    tap.equal("completion: weirweb", completed(weir.WEIRWEB, "--li"), ["--listen"])
    for words, expected in (
            (("led",), ["ledger"]), (("--watch", "1", "led",), ["ledger"]), (("info", "--js"), ["--json"]),
            (("info", ""), []), (("top", "p"), ["pair", "protocol"]), (("top", "pair", ""), []),
            (("top", "pair", "5", ""), ["octets", "packets", "flows"]),
            (("--json", "top", "pair", "5", "octets", ""), ["now", "10s", "60s", "total"]),
            (("prefilter", ""), ["show", "counters", "add", "del", "replace"]),
            (("-t", "5", "capt"), ["capture"]), (("capture", "-w", "READM"), ["README.md"]),
            (("prefilter", "add", "b"), ["before"]), (("prefilter", "replace", "READM"), ["README.md"])):
        tap.equal(f"completion: weirctl {' '.join(words)}", completed(weir.WEIRCTL, *words), expected)


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        files(tap, Path(folder))
    completion(tap)
    tap.end()


if __name__ == "__main__":
    main()
