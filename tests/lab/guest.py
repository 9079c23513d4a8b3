# SPDX-License-Identifier: BSD-3-Clause
"""A machine with NICs: QEMU without KVM, an IOMMU, and NICs whose wires are taps in a namespace.

Nothing here is timed: an emulated machine on a busy one is slow. All waiting is for a state."""

import json
import socket
from typing import NamedTuple

from tests.kit.rig import Namespace, Rig, wait_until
from tests.lab.image import Image

PATIENCE = 240  # seconds for what takes one or ten
DONE = "=done="


class Nic(NamedTuple):
    """One end is in the guest; the other is the tap `name` in the namespace."""

    name: str
    model: str  # QEMU's
    queues: int
    slot: int  # a PCI bus of its own: can be pulled out and put in

    @property
    def address(self) -> str:
        """On the guest's PCI."""
        return f"0000:{self.slot:02x}:00.0"

    def device(self) -> dict:
        """As QEMU wants it described."""
        device = {"driver": self.model, "id": self.name, "netdev": f"wire-{self.name}", "bus": f"slot{self.slot}",
                  "mac": f"02:00:00:00:00:{self.slot:02x}", "romfile": ""}
        if self.model == "virtio-net-pci":
            device |= {"mq": True, "rss": True, "vectors": 2 * self.queues + 2, "iommu_platform": True,
                       "disable-legacy": "on", "rx_queue_size": 1024}
        return device


class Guest:
    def __init__(self, rig: Rig, image: Image, wires: Namespace, nics: tuple[Nic, ...], cpus: int):
        self.rig, self.wires = rig, wires
        self.console = rig.folder / "console"
        for nic in nics:
            self._tap(nic)
        shell, monitor = self._listen("shell"), self._listen("monitor")
        # Taps are opened from within their namespace. The first PCI buses are those of the NICs, in their order.
        self.process = rig.start(
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-machine", "q35,kernel-irqchip=split", "-accel", "tcg,thread=multi", "-cpu", "max",
            "-smp", cpus, "-m", 2048, "-device", "intel-iommu,intremap=on",
            "-kernel", image.kernel, "-initrd", image.root, "-append",
            "console=ttyS0 quiet panic=-1 intel_iommu=on iommu=pt hugepages=320 mitigations=off no_timer_check",
            "-serial", f"file:{self.console}",
            *(word for nic in nics for word in (
                "-device", f"pcie-root-port,id=slot{nic.slot},chassis={nic.slot},bus=pcie.0,addr={nic.slot + 15:#x}",
                "-netdev", f"tap,id=wire-{nic.name},ifname={nic.name},script=no,downscript=no,queues={nic.queues}",
                "-device", json.dumps(nic.device()))),
            "-device", "virtio-serial-pci", "-chardev", f"socket,id=shell,path={rig.folder}/shell",
            "-device", "virtserialport,chardev=shell", "-chardev",
            f"socket,id=monitor,path={rig.folder}/monitor", "-mon", "chardev=monitor,mode=control",
            namespace=wires)
        self._monitor = monitor.accept()[0].makefile("rw", encoding="utf-8")
        self._monitor.readline()  # the greeting
        self.monitor("qmp_capabilities")
        self._shell = shell.accept()[0]
        self._shell.settimeout(PATIENCE)
        self._lines = self._shell.makefile("r", encoding="utf-8", errors="replace")
        self.do("uname -r")

    def _tap(self, nic: Nic) -> None:
        """Nobody speaks on it, and it keeps what the guest has not taken yet: nothing is lost on the way."""
        several = ["multi_queue"] if nic.queues > 1 else []
        self.wires.run("ip", "tuntap", "add", nic.name, "mode", "tap", *several)
        self.wires.run("sysctl", "-qw", f"net.ipv6.conf.{nic.name}.disable_ipv6=1")
        self.wires.run("ip", "link", "set", nic.name, "txqueuelen", 20_000, "arp", "off", "up")

    def _listen(self, name: str) -> socket.socket:
        """QEMU comes to us: so nothing is said before somebody listens."""
        listener = self.rig.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(self.rig.folder / name))
        listener.listen()
        listener.settimeout(PATIENCE)
        return listener

    def monitor(self, execute: str, **arguments: object) -> object:
        """QEMU's own: what befalls the hardware."""
        self._monitor.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
        self._monitor.flush()
        while True:
            answer = json.loads(self._monitor.readline())
            if "error" in answer:
                raise RuntimeError(f"{execute} {arguments}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def do(self, command: str) -> str:
        """A command line in the guest; what it says."""
        status, said = self.attempt(command)
        if status != 0:
            raise RuntimeError(f"in the guest: {command}: exit {status}\n{said}")
        return said

    def attempt(self, command: str) -> tuple[int, str]:
        """Its exit status, and what it says."""
        lines = []
        try:
            self._shell.sendall(f"{command}\necho {DONE} $?\n".encode())
            while not (line := self._lines.readline()).startswith(DONE):
                if not line:
                    raise EOFError("the guest ended")
                lines.append(line)
        except (EOFError, OSError) as error:
            console = self.console.read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"in the guest: {command}: {error}\n{''.join(lines)}\n{console[-3000:]}") from None
        return int(line.split()[1]), "".join(lines)

    def bind(self, nic: Nic, driver: str) -> None:
        """Give the NIC to a driver of the kernel."""
        device = f"/sys/bus/pci/devices/{nic.address}"
        self.do(f"[ ! -e {device}/driver ] || echo {nic.address} >{device}/driver/unbind; "
                f"echo {driver} >{device}/driver_override; echo {nic.address} >/sys/bus/pci/drivers_probe; "
                f"[ -e {device}/driver ]")

    def unplug(self, nic: Nic) -> None:
        self.monitor("device_del", id=nic.name)

    def plug(self, nic: Nic) -> None:
        self.monitor("device_add", **nic.device())
        self.until(f"[ -e /sys/bus/pci/devices/{nic.address} ]")

    def set_link(self, nic: Nic, up: bool) -> None:
        self.monitor("set_link", name=nic.name, up=up)

    def until(self, command: str) -> None:
        """Until a command succeeds in the guest."""
        wait_until(lambda: self.attempt(command)[0] == 0, command, PATIENCE)


def boot(rig: Rig, image: Image, nics: tuple[Nic, ...], cpus: int) -> Guest:
    """Emulated as slowly as on a busy machine, a kernel may find its timers broken and give up: it gets three tries."""
    failures = []
    while len(failures) < 3:
        own = rig.enter_context(Rig())
        try:
            return Guest(own, image, own.namespace(f"lab{len(failures)}"), nics, cpus)
        except RuntimeError as error:
            failures.append(error)
            print(*(f"# {line}" for line in str(error).splitlines()), sep="\n", flush=True)
    raise failures[-1]
