# SPDX-License-Identifier: BSD-3-Clause
"""Captures by name, made when asked for and removed at the end."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .process import BenchError


def pair(name, options):
    """To count instructions: two that differ in length alone."""
    return {f"16k-{name}": f"--frames 16384 {options}", f"48k-{name}": f"--frames 49152 {options}"}


# Steady traffic: both directions, 80 % TCP, IPv4, every frame valid.
RECIPES = {
    # repeated; small enough to stay in the cache
    "8k-1k": "--frames 8192 --flows 1000",
    "8k-1k-ipv6": "--frames 8192 --flows 1000 --ipv6 1",
    "8k-1k-vlan": "--frames 8192 --flows 1000 --vlan 1",
    "16k-1k-imix": "--frames 16384 --flows 1000 --size imix",
    # ipfixprobe counts its mbufs, two for each frame, in 16 bits
    "32k-30k": "--frames 32000 --flows 30000 --order sequential",
    # repeated, and large
    "1m-64k": "--frames 1000000 --flows 65536",
    # repeated, each flow in its turn: all of them are active, and none is in a cache
    "1m-10k-each": "--frames 1000000 --flows 10000 --order sequential",
    "1m-100k-each": "--frames 1000000 --flows 100000 --order sequential",
    "1m-1m-each": "--frames 1000000 --flows 1000000 --order sequential",
    "10m-10m-each": "--frames 10000000 --flows 10000000 --order sequential",
    "32m-32m-each": "--frames 32000000 --flows 32000000 --order sequential",
    # read once
    "500k-1k": "--frames 500000 --flows 1000",
    "500k-1m": "--frames 500000 --flows 1000000",
    "10m-1k": "--frames 10000000 --flows 1000",
    "10m-64k": "--frames 10000000 --flows 65536",
    "10m-1m": "--frames 10000000 --flows 1000000",
    "10m-1m-zipf": "--frames 10000000 --flows 1000000 --order zipf",
    "10m-8m": "--frames 10000000 --flows 8000000",
    "10m-churn": "--frames 10000000 --flows 65536 --churn 1000000",
    "10m-syn": "--frames 10000000 --flood syn",
    "900": "--frames 900 --flows 100",
    "100": "--frames 100 --flows 20",
    "4m-1m-imix": "--frames 4000000 --flows 1000000 --size imix",
    "4m-1k-imix": "--frames 4000000 --flows 1000 --size imix",
    **pair("1k", "--flows 1000"),
    **pair("1k-v6", "--flows 1000 --ipv6 1"),
    **pair("syn", "--flood syn"),
    **pair("1k-vlan", "--flows 1000 --vlan 1"),
    **pair("1k-qinq", "--flows 1000 --vlan 1 --tags 2"),
    **pair("1k-icmp", "--flows 1000 --icmp 1"),
    **pair("1k-options", "--flows 1000 --options"),
}

# With --quick, large captures shrink to these.
SMALL = {"--frames": 100000, "--flows": 20000}


def shrink(recipe):
    words = recipe.split()
    for option, most in SMALL.items():
        if option in words:
            at = words.index(option) + 1
            words[at] = str(min(int(words[at]), most))
    return " ".join(words)


@dataclass
class Capture:
    name: str
    path: Path
    sums: dict  # what bench-traffic says it wrote

    @property
    def frames(self):
        return self.sums["frames"]

    @property
    def flows(self):
        return self.sums["flows"]

    def new_flows(self, rate):
        """Flows that begin in a second when it is read once, at `rate` packets a second."""
        return f"{self.flows / self.frames * rate:.0f}"

    @property
    def octets(self):
        """Of the file."""
        return self.path.stat().st_size

    @property
    def frame_size(self):
        """As in tables: with FCS; the mean where sizes differ."""
        return f"{self.sums['frame_octets'] / self.frames + 4:.0f}"


def make(generator, name, path, seed=1, small=False):
    """Write the capture `name` to `path`."""
    if name not in RECIPES:
        raise BenchError(f"{name}: no such capture; there are {', '.join(RECIPES)}")
    recipe = shrink(RECIPES[name]) if small else RECIPES[name]
    command = [str(generator), *recipe.split(), "--seed", str(seed), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(done.stderr.strip())
    return Capture(name, Path(path), json.loads(done.stdout))


class Captures:
    """A folder of captures, gone when the with block is left."""

    def __init__(self, generator, small=False):
        self.generator = generator
        self.small = small
        self._made = {}

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="weir-bench-")
        self.folder = Path(self._folder.name)
        return self

    def __exit__(self, *_):
        self._made.clear()
        self._folder.cleanup()

    def get(self, name, seed=1):
        key = name if seed == 1 else f"{name}-{seed}"
        if key not in self._made:
            self._made[key] = make(self.generator, name, self.folder / f"{key}.pcap", seed,
                                   self.small)
        return self._made[key]

    def drop(self, name):
        """Large ones need not wait for the end."""
        capture = self._made.pop(name, None)
        if capture is not None:
            capture.path.unlink()
