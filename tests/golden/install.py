# SPDX-License-Identifier: BSD-3-Clause
"""What `meson install` brings: all of it, units that systemd takes and that are closed as they were meant to
be, and a file of options that has each of them."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from tests.kit import weir
from tests.kit.tap import Tap

NOT_IN_A_FILE = {"conf", "help", "version"}
EXPOSURE = {"weir@eth1.service": 40, "weirweb.service": 20}  # tenths, at most; 100 is open to all
FILES = ("sbin/weir", "bin/weirctl", "bin/weirweb", "share/man/man8/weir.8", "share/man/man1/weirctl.1",
         "share/man/man1/weirweb.1", "share/man/man5/weir-prefilter.5", "share/bash-completion/completions/weir",
         "share/bash-completion/completions/weirctl", "share/doc/weir/README.md", "share/doc/weir/docs/deploy.md",
         "share/doc/weir/docs/examples/keep-ssh.rules", "lib/sysusers.d/weir.conf", "lib/tmpfiles.d/weir.conf",
         "etc/weir/weir.conf", "etc/logrotate.d/weir", "lib/systemd/system/weir@.service",
         "lib/systemd/system/weirweb.service")


def install(folder: Path) -> Path:
    """Where the prefix is in `folder`."""
    subprocess.run(["meson", "install", "-C", weir.BUILD, "--no-rebuild", "--quiet"], check=True, capture_output=True,
                   env=os.environ | {"DESTDIR": str(folder)})
    return folder / "usr/local"


def check_conf(tap: Tap, conf: str, folder: Path) -> None:
    lines = dict(re.findall(r"^#([a-z-]+)(?: = (.*))?$", conf, re.MULTILINE))
    known = set(re.findall(r"^  --([a-z-]+)", weir.run("--help").output, re.MULTILINE)) - NOT_IN_A_FILE
    tap.equal("weir.conf: the options of --help", sorted(lines), sorted(known))
    # What has a value that is so anyway can stand there without the #; N, S and the like cannot.
    usual = "".join(f"{name} = {value}\n" for name, value in lines.items() if re.fullmatch(r"\d+|info|text", value or ""))
    for name, text in (("as it is", conf), ("with what is usual", usual)):
        file = folder / "weir.conf"
        file.write_text(text + f"\nread = {weir.BUNDLED}\n")
        run = weir.run("--conf", str(file), "--format", "json")
        tap.ok(f"weir.conf, {name}, and a capture: read", run.status == 0, run.errors)
        if run.status == 0:
            got, plain = (json.loads(some.output)["settings"] for some in
                          (run, weir.run("--read", weir.BUNDLED, "--format", "json")))
            got.pop("conf")
            tap.equal("... and nothing is different", got, plain)


def check_units(tap: Tap, prefix: Path, folder: Path) -> None:
    for unit in EXPOSURE:
        text = (prefix / "lib/systemd/system" / unit.replace("eth1", "")).read_text()
        tap.ok(f"{unit}: starts what was installed", re.search(r"^ExecStart=/usr/local/s?bin/weir", text, re.MULTILINE), text)
        tap.ok(f"{unit}: a file of options that is missing is no silent success", "ConditionPathExists" not in text, text)
        # The program itself is not there.
        (folder / unit).write_text(re.sub(r"/usr/local/s?bin/\w+", "/bin/true", text))
        said = weir.run("verify", "--man=no", str(folder / unit), command=("systemd-analyze",))
        tap.equal(f"{unit}: systemd has nothing to say", (said.status, said.errors), (0, ""))
        said = weir.run("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE[unit]}", str(folder / unit),
                        command=("systemd-analyze",))
        tap.ok(f"{unit}: exposed no more than {EXPOSURE[unit]}", said.status == 0, said.output[-200:])


def check_packages(tap: Tap) -> None:
    """scripts/lib.sh says what a build needs; Debian wants it said in a file of its own."""
    needed = subprocess.run(["bash", "-c", 'source scripts/lib.sh; printf "%s\\n" "${packages_build[@]%=*}"'],
                            check=True, capture_output=True, text=True).stdout.split()
    control = Path("scripts/debian/control").read_text()
    said = re.findall(r"[a-z0-9][a-z0-9.+-]+", re.search(r"^Build-Depends:(.*\n(?: .*\n)*)", control, re.MULTILINE).group(1))
    # gcc and what it links with is build-essential; debhelper brings ninja with meson.
    tap.equal("debian/control: needs what a build needs",
              sorted(set(needed) - set(said) - {"gcc", "libc6-dev", "ninja-build"}), [])


def main() -> None:
    tap = Tap()
    check_packages(tap)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = install(folder / "root")
        missing = [file for file in FILES if not (prefix / file).exists()]
        tap.equal("all is installed", missing, [])
        check_conf(tap, (prefix / "etc/weir/weir.conf").read_text(), folder)
        check_units(tap, prefix, folder)
    tap.end()


if __name__ == "__main__":
    main()
