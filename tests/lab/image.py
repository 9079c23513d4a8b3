# SPDX-License-Identifier: BSD-3-Clause
"""What a guest boots: Debian's kernel for virtual machines, and a root in memory of this machine's own programs
with the libraries that they are linked to. Nothing is installed, here or there.

The kernel is fetched once and kept in $XDG_CACHE_HOME/weir/lab (~/.cache/weir/lab); the root is a matter of
seconds, and made anew from what was just built."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple, Optional

from tests.kit import weir
from tests.kit.rig import run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir" / "lab"
PACKAGE = "linux-image-cloud-amd64"  # names the newest kernel by its dependency

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
PROGRAMS = ("/bin/busybox", weir.WEIR, weir.WEIRCTL, shutil.which("ethtool", path="/usr/sbin:/sbin"))
LOADED = ("libgcc_s.so.1",)  # by libc, when a thread is cancelled
DRIVERS = ("bus_pci", "bus_vdev", "mempool_ring", "net_virtio", "net_e1000", "net_af_xdp", "net_af_packet", "net_ring")
MODULES = ("virtio_pci", "virtio_console", "virtio_net", "vfio-pci", "vfio_iommu_type1")

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mkdir -p /proc /sys /run /var /tmp /dev/shm /dev/hugepages
ln -s /run /var/run
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs shm /dev/shm
mount -t hugetlbfs -o pagesize=2M huge /dev/hugepages
for module in MODULES; do insmod /modules/$module; done
ip link set lo up
until [ -e /dev/vport0p1 ]; do mdev -s; sleep 0.1; done
exec <>/dev/vport0p1 >&0 2>&1 sh
"""


class Image(NamedTuple):
    kernel: Path
    root: Path


def make(folder: Path) -> Image:
    """The kernel, and a root made in `folder`."""
    kernel = _kernel()
    root = folder / "root"
    for name in ("bin", "dev", "modules"):
        (root / name).mkdir(parents=True)
    for program in PROGRAMS:
        shutil.copy(program, root / "bin")
    for file in {*_drivers(), *_libraries(*PROGRAMS, *_drivers()), *(LIBRARIES / name for name in LOADED)}:
        _copy_to_same_place(file, root)
    modules = _modules(kernel)
    for module in modules:
        shutil.copy(module, root / "modules")
    init = root / "init"
    init.write_text(INIT.replace("MODULES", " ".join(module.name for module in modules)), encoding="ascii")
    init.chmod(0o755)
    archive = folder / "root.cpio"
    subprocess.run("find . | cpio --quiet -o -H newc", shell=True, check=True, cwd=root,
                   stdout=archive.open("wb"))
    shutil.rmtree(root)
    return Image(next(kernel.glob("boot/vmlinuz-*")), archive)


def _kernel() -> Path:
    """The unpacked package of the newest kernel; fetched once."""
    name = _newest() or (run("apt-get", "update"), _newest())[1]
    folder = CACHE / name
    if not folder.exists():
        fetching = CACHE / f"{name}.{os.getpid()}"
        fetching.mkdir(parents=True)
        subprocess.run(["apt-get", "download", "-qq", name], check=True, cwd=fetching, capture_output=True)
        package = next(fetching.glob("*.deb"))
        run("dpkg-deb", "-x", package, fetching)
        package.unlink()
        run("busybox", "depmod", "-b", fetching, next(fetching.glob("lib/modules/*")).name)
        fetching.rename(folder)
    return folder


def _newest() -> Optional[str]:
    """None without package lists."""
    said = subprocess.run(["apt-cache", "depends", PACKAGE], capture_output=True, text=True, check=False).stdout
    found = re.search(r"Depends: (linux-image-\S+)", said)
    return found and found.group(1)


def _modules(kernel: Path) -> list[Path]:
    """MODULES and what they need, in the order in which they can be loaded."""
    base = next(kernel.glob("lib/modules/*"))
    needs, found = {}, []
    for line in (base / "modules.dep").read_text(encoding="ascii").splitlines():
        module, others = line.split(":")
        needs[Path(module).name.split(".")[0].replace("_", "-")] = [*reversed(others.split()), module]
    for name in MODULES:
        found += [base / module for module in needs[name.replace("_", "-")]]
    return list(dict.fromkeys(found))


def _drivers() -> list[Path]:
    """DPDK loads all that lie in the folder of its version."""
    folder = next(LIBRARIES.glob("dpdk/pmds-*"))
    return [next(folder.glob(f"librte_{name}.so.*.*")).with_suffix("") for name in DRIVERS]


def _libraries(*files: object) -> set[str]:
    """What they are linked to. A program that is linked statically says so by a failure."""
    said = [subprocess.run(["ldd", file], capture_output=True, text=True, check=False).stdout for file in files]
    return set(re.findall(r"(/\S+) \(0x", "\n".join(said)))


def _copy_to_same_place(file: object, root: Path) -> None:
    """One file under two names stays one: DPDK would load a driver twice."""
    name, real = Path(file), Path(file).resolve()
    for place in (name, real):
        (root / str(place)[1:]).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(real, root / str(real)[1:])
    if name != real:
        (root / str(name)[1:]).symlink_to(real)
