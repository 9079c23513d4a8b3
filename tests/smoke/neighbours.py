# SPDX-License-Identifier: BSD-3-Clause
"""weir beside other users and other DPDK programs: runtime directories that are not its own, or that
cannot be had. Each room is a mount namespace with a /tmp and a /run of its own."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.rig import Rig, wait_until
from tests.kit.tap import Tap

FRAMES = len(list(capture.read(weir.BUNDLED)))
ONE, OTHER = (f"setpriv --reuid={uid} --regid={uid} --clear-groups" for uid in (4321, 4322))
TESTPMD = ("dpdk-testpmd", "-l", "0-1", "--no-huge", "-m", "256", "--no-pci", "--vdev=net_null0")


def room(folder: str, script: str, **environment: str) -> weir.Run:
    """A shell script in a room; $weir reads the bundled capture there."""
    setup = f"mount -t tmpfs none /tmp; chmod 1777 /tmp; export weir='{folder}/weir --format " \
            f"json --read {folder}/demo.pcap'; "
    env = {name: value for name, value in os.environ.items() if not name.endswith(
        ("RUNTIME_DIR", "RUNTIME_DIRECTORY", "HOME"))} | environment
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-c",
                           setup + script], env=env, capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, check=False)
    return weir.Run(done.returncode, done.stdout, done.stderr)


def reads(tap: Tap, name: str, run: weir.Run, count: int = 1) -> None:
    ledgers = [json.loads(text)["ledger"]["received"]
               for text in run.output.replace("\n}\n{", "\n}\0{").split("\0") if text.strip()]
    tap.equal(f"{name}: captures are read, and nothing is complained of",
              (run.status, run.errors, ledgers), (0, "", [FRAMES] * count))


def reading(tap: Tap, folder: str) -> None:
    taken = "install -d -o 4321 -m 700 /tmp/dpdk; "
    reads(tap, "an ordinary user", room(folder, f"{OTHER} $weir"))
    reads(tap, "the second user", room(folder, f"{taken} {OTHER} $weir"))
    reads(tap, "two users at once",
          room(folder, f"{ONE} $weir >/tmp/one & {OTHER} $weir; wait; cat /tmp/one"), 2)
    reads(tap, "a read-only /tmp", room(folder, f"mount -o remount,ro /tmp; {OTHER} $weir"))
    reads(tap, "XDG_RUNTIME_DIR pointing nowhere",
          room(folder, f"{OTHER} $weir", XDG_RUNTIME_DIR="/nowhere"))
    reads(tap, "root with a read-only /run",
          room(folder, "mount -t tmpfs -o ro none /run; mount -t tmpfs -o ro none /var/run; $weir"))
    reads(tap, "RUNTIME_DIRECTORY, and XDG_RUNTIME_DIR of somebody else", room(
        folder, f"{taken} install -d -o 4322 /tmp/own; RUNTIME_DIRECTORY=/tmp/own {OTHER} $weir",
        XDG_RUNTIME_DIR="/tmp"))
    run = room(folder, "install -d -o 4322 /tmp/victim; echo >/tmp/victim/file; ln -s victim /tmp/dpdk; "
                    "chown -h 4322 /tmp/dpdk; " + f"{OTHER} $weir; ls -A /tmp/victim >&2")
    tap.equal("a symbolic link is not followed, not by DPDK either", run.errors, "file\n")
    run = room(folder, taken + f"{OTHER} $weir --file-prefix mine")
    tap.ok("--file-prefix asks for the directory: one line says whose it is",
           run.status == 1 and run.errors.count("\n") == 1 and "4321" in run.errors
           and "XDG_RUNTIME_DIR" in run.errors, run)


def killed(tap: Tap, rig: Rig) -> None:
    """kill -9 leaves a directory, which the next one of the same user removes."""
    base = rig.folder / "killed"
    base.mkdir()
    env = os.environ | {"RUNTIME_DIRECTORY": str(base)}
    process = rig.start(weir.WEIR, "--read", "-", stdin=subprocess.PIPE, env=env)
    process.stdin.write(Path(weir.BUNDLED).read_bytes())
    process.stdin.flush()
    left = base / "dpdk" / f"weir-read-{process.pid}"
    wait_until((left / "dpdk_telemetry.v2").exists, "a socket")
    process.kill()
    process.wait()
    tap.ok("a killed weir leaves its directory", left.exists())
    subprocess.run([weir.WEIR, "--read", weir.BUNDLED], env=env, stdout=subprocess.DEVNULL, check=True)
    tap.equal("... which the next one removes, with its own", list((base / "dpdk").iterdir()), [])


def beside_testpmd(tap: Tap, rig: Rig, name: str, *more: str) -> None:
    """Another DPDK program with the same file prefix: nothing of it is touched."""
    prefix = f"weir-neighbour-{os.getpid()}"
    directory = Path("/var/run/dpdk") / prefix
    rig.callback(shutil.rmtree, directory, ignore_errors=True)
    other = rig.start(*TESTPMD, *more, "--file-prefix", prefix, "--", "-i", "--total-num-mbufs=2048", stdin=subprocess.PIPE)
    wait_until((directory / "dpdk_telemetry.v2").exists, "testpmd's socket")
    time.sleep(1)
    before = sorted(file.name for file in directory.iterdir())
    run = weir.run("--interface", "lo", "--driver", "af_packet", "--file-prefix", prefix,
                   "--duration", "0.1")
    tap.ok(f"{name}: weir does not start, and one line says why", run.status == 1
           and run.errors.count("\n") == 1 and prefix in run.errors and "DPDK program" in run.errors,
           run)
    tap.equal("... all its files are there", sorted(file.name for file in directory.iterdir()), before)
    tap.equal("... and it runs", other.poll(), None)
    other.stdin.close()
    other.wait(20)
    shutil.rmtree(directory, ignore_errors=True)


def comes_later(tap: Tap, rig: Rig) -> None:
    """A DPDK program that starts beside a weir keeps its files when weir ends."""
    namespace = rig.namespace("monitor")
    live = rig.weir("--interface", "lo", "--driver", "af_packet", namespace=namespace)
    other = rig.start(*TESTPMD, "--no-shconf", "--file-prefix", live.prefix, "--", "-i", "--total-num-mbufs=2048",
                      stdin=subprocess.PIPE)
    socket = Path("/var/run/dpdk") / live.prefix / "dpdk_telemetry.v2:1"
    wait_until(socket.exists, "testpmd's socket")
    tap.equal("a DPDK program that came later: weir ends well", live.stop(signal.SIGTERM).faults(), [])
    tap.ok("... and leaves it its socket", socket.exists())
    tap.ok("... but not its own", not (socket.parent / "weir.lock").exists()
           and not (socket.parent / "dpdk_telemetry.v2").exists(), list(socket.parent.iterdir()))
    other.stdin.close()
    other.wait(20)


def the_one(tap: Tap, rig: Rig) -> None:
    """A plain weirctl asks the live weir, however many captures are being read."""
    base = rig.folder / "one"
    base.mkdir()
    env = os.environ | {"RUNTIME_DIRECTORY": str(base)}

    def ctl() -> weir.Run:
        return weir.run("--json", "info", command=("env", f"RUNTIME_DIRECTORY={base}", weir.WEIRCTL))

    def read() -> None:
        process = rig.start(weir.WEIR, "--read", "-", stdin=subprocess.PIPE, env=env)
        process.stdin.write(Path(weir.BUNDLED).read_bytes())
        process.stdin.flush()
        wait_until((base / f"dpdk/weir-read-{process.pid}/dpdk_telemetry.v2").exists, "a socket")

    read()
    wait_until(lambda: ctl().status == 0, "an answer")
    tap.equal("one that reads captures, alone, is asked",
              json.loads(ctl().output)["settings"]["input"], "captures")
    read()
    wait_until(lambda: ctl().status == 1, "two of them")
    tap.ok("two are named", ctl().errors.count("weir-read-") == 2, ctl().errors)
    rig.start(weir.WEIR, "--interface", "lo", "--driver", "af_packet", env=env,
              namespace=rig.namespace("live"))
    wait_until(lambda: ctl().status == 0, "the live one")
    tap.equal("beside a live weir they do not count",
              json.loads(ctl().output)["settings"]["input"], "interface")


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        # Each room covers /tmp, where the rig's folder is.
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            Path(folder).chmod(0o755)
            shutil.copy(weir.WEIR, folder)
            shutil.copy(weir.BUNDLED, f"{folder}/demo.pcap")
            Path(folder, "demo.pcap").chmod(0o644)
            reading(tap, folder)
        killed(tap, rig)
        beside_testpmd(tap, rig, "testpmd with shared memory's files")
        beside_testpmd(tap, rig, "testpmd with its socket only", "--no-shconf")
        comes_later(tap, rig)
        the_one(tap, rig)
    tap.end()


if __name__ == "__main__":
    main()
