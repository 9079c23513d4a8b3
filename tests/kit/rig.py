# SPDX-License-Identifier: BSD-3-Clause
"""The real parts of a smoke test: network namespaces, veth pairs, hugepages, programs, and a live weir.
Everything made here is gone when the `with Rig()` ends, also after a failure or by SIGTERM."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Callable, Optional

from tests.kit import weir


def run(*command: object, input_text: str = "") -> str:
    """Run to the end; standard output. A failure is an exception with what it said."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, input=input_text,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30) -> object:
    """The first true value of `condition`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError(f"{what}: not within {seconds} s")


class Namespace:
    """A network namespace. Entered with nsenter: `ip netns exec` would hide bpffs."""

    def __init__(self, name: str):
        self.name = name
        self.enter = ("nsenter", f"--net=/run/netns/{name}")

    def run(self, *command: object) -> str:
        return run(*self.enter, *command)

    def counter(self, interface: str, name: str) -> int:
        """A counter of an interface: rx_packets, tx_packets, ..."""
        links = json.loads(self.run("ip", "-json", "-statistics", "link", "show", interface))
        way, field = name.split("_")
        return links[0]["stats64"][way][field]


class Rig(ExitStack):
    """What a test builds its topology with."""

    def __enter__(self) -> "Rig":
        super().__enter__()
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # as `timeout` ends a test
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="weir-")))
        self.folder.chmod(0o755)
        return self

    def namespace(self, name: str) -> Namespace:
        namespace = Namespace(f"weir-{name}-{os.getpid()}")
        run("ip", "netns", "add", namespace.name)
        self.callback(run, "ip", "netns", "delete", namespace.name)
        namespace.run("ip", "link", "set", "lo", "up")
        return namespace

    def wire(self, one: Namespace, one_name: str, other: Namespace, other_name: str,
             queues: int = 1) -> None:
        """A veth pair on which nobody speaks by himself, so that counts are exact: no IPv6
        addresses, no address resolution."""
        self._veth(one, one_name, other, other_name, queues)
        for namespace, name in ((one, one_name), (other, other_name)):
            namespace.run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
            namespace.run("ip", "link", "set", name, "arp", "off", "up")

    def network(self, one: Namespace, one_name: str, one_addresses: list[str],
                other: Namespace, other_name: str, other_addresses: list[str]) -> None:
        """A veth pair between two hosts with addresses."""
        self._veth(one, one_name, other, other_name, 1)
        for namespace, name, addresses in ((one, one_name, one_addresses),
                                           (other, other_name, other_addresses)):
            for address in addresses:
                nodad = ["nodad"] if ":" in address else []
                namespace.run("ip", "address", "add", address, "dev", name, *nodad)
            namespace.run("ip", "link", "set", name, "up")

    def _veth(self, one: Namespace, one_name: str, other: Namespace, other_name: str,
              queues: int) -> None:
        several = ("numrxqueues", queues, "numtxqueues", queues)
        run("ip", "link", "add", one_name, "netns", one.name, *several, "type", "veth",
            "peer", "name", other_name, "netns", other.name, *several)
        for namespace, name in ((one, one_name), (other, other_name)):
            # With offloads on, frames of 64 kB arrive that no wire ever carried.
            namespace.run("ethtool", "-K", name, "tx", "off", "sg", "off", "tso", "off", "gso",
                          "off", "gro", "off")

    def start(self, *command: object, namespace: Optional[Namespace] = None,
              **options) -> subprocess.Popen:
        """A program in the background; ended at the end."""
        words = [str(word) for word in (namespace.enter if namespace else ()) + command]
        log = self.enter_context(open(self.folder / f"{Path(str(command[0])).name}.log", "a",
                                      encoding="utf-8"))
        options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log} | options
        process = subprocess.Popen(words, **options)
        self.callback(end, process)
        return process

    def weir(self, *options: object, namespace: Optional[Namespace] = None,
             eal: Optional[tuple] = None, prefix: str = "", program: tuple = (weir.WEIR,),
             runtime: str = "/var/run") -> "LiveWeir":
        """`program`: how it is started; `runtime`: where its user's runtime directory is."""
        return LiveWeir(self, options, namespace, eal, prefix, program, runtime)

    def hugepages(self, megabytes: int) -> Path:
        """Mounted hugepages; as many as there were before are there again afterwards."""
        setting = Path("/proc/sys/vm/nr_hugepages")
        before = int(setting.read_text())
        mount = self.folder / "huge"
        mount.mkdir()
        run("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", mount)
        self.callback(setting.write_text, f"{before}\n")
        self.callback(run, "umount", mount)
        setting.write_text(f"{before + megabytes // 2}\n")
        if int(setting.read_text()) < before + megabytes // 2:
            raise MemoryError(f"no {megabytes} MB of hugepages to be had")
        return mount


def end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class LiveWeir:
    """A running weir with a prefix of its own, JSON report and flow records."""

    def __init__(self, rig: Rig, options: tuple, namespace: Optional[Namespace],
                 eal: Optional[tuple], prefix: str, program: tuple, runtime: str):
        number = rig.__dict__.setdefault("weirs", 0)
        rig.weirs = number + 1  # several may run side by side
        self.prefix = prefix or f"weir-test-{os.getpid()}-{number}"
        self.flows_file = rig.folder / f"flows{number}.jsonl"
        self.output = rig.folder / f"output{number}"
        self.errors = rig.folder / f"errors{number}"
        named = ("--file-prefix", self.prefix)
        ours = ("--format", "json", "--flows", self.flows_file, "--interval", "0.2", *options)
        arguments = (*eal, *named, "--", *ours) if eal is not None else (*named, *ours)
        directory = f"{runtime}/dpdk/{self.prefix}"
        self.socket = f"{directory}/dpdk_telemetry.v2"
        rig.callback(shutil.rmtree, directory, ignore_errors=True)
        with open(self.output, "wb") as output, open(self.errors, "wb") as errors:
            self.process = rig.start(*program, *arguments, namespace=namespace, stdout=output,
                                     stderr=errors)
        wait_until(self._ready, f"weir {' '.join(map(str, arguments))}")

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"weir: exit {self.process.returncode}\n{self.errors.read_text()}")
        try:
            # null before the commands are registered, an error before the first snapshot
            return "received" in (self.ask("/weir/ledger") or {})
        except (OSError, ValueError):
            return False

    def ask(self, command: str) -> dict:
        """The answer of the telemetry socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.settimeout(10)
            client.connect(self.socket)
            client.recv(16384)  # the greeting
            client.send(command.encode())
            return json.loads(client.recv(16384))[command.split(",")[0]]

    def ctl(self, *arguments: str) -> weir.Run:
        return weir.run("--socket", self.socket, *arguments, command=(weir.WEIRCTL,))

    def seen(self) -> int:
        """Frames received or known to be lost, by the newest snapshot."""
        ledger = self.ask("/weir/ledger")
        return sum(ledger[name] for name in ("received", "missed", "no_mbuf"))

    def wait_for(self, frames: int) -> None:
        try:
            wait_until(lambda: self.seen() >= frames, f"{frames} frames at weir")
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self.ask('/weir/ledger')}") from None

    def stop(self, how: signal.Signals = signal.SIGINT) -> weir.Analysis:
        """End it as a user would, and take what it says."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> weir.Analysis:
        status = self.process.wait(120)
        done = weir.Run(status, self.output.read_text(), self.errors.read_text())
        report = documents(done.output)[-1] if status == 0 else None
        return weir.Analysis(done, report, self.flows_file.read_text().splitlines())


def documents(text: str) -> list[dict]:
    """Several JSON documents one after the other (--report-every)."""
    decoder, found, text = json.JSONDecoder(), [], text.strip()
    while text:
        document, end_of_it = decoder.raw_decode(text)
        found.append(document)
        text = text[end_of_it:].strip()
    return found
