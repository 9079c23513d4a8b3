# SPDX-License-Identifier: BSD-3-Clause
"""Captures by name, made when asked for and removed at the end."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .process import BenchError

# Steady traffic: both directions, 80 % TCP, IPv4, every frame valid.
RECIPES = {
    # small enough to stay in the cache when it is repeated
    "8k-1k": "--frames 8192 --flows 1000",
    "8k-1k-ipv6": "--frames 8192 --flows 1000 --ipv6 1",
    "1m-64k": "--frames 1000000 --flows 65536",
    "16k-1k-imix": "--frames 16384 --flows 1000 --size imix",
    # to be read once
    "500k-1k": "--frames 500000 --flows 1000",
    "10m-1k": "--frames 10000000 --flows 1000",
    "10m-64k": "--frames 10000000 --flows 65536",
    "10m-1m": "--frames 10000000 --flows 1000000",
    "10m-1m-zipf": "--frames 10000000 --flows 1000000 --order zipf",
    "10m-8m": "--frames 10000000 --flows 8000000",
    "10m-churn": "--frames 10000000 --flows 65536 --churn 1000000",
    "10m-syn": "--frames 10000000 --flood syn",
    "100k-1k": "--frames 100000 --flows 1000",
    "300k-1k": "--frames 300000 --flows 1000",
    "50k-syn": "--frames 50000 --flood syn",
    "150k-syn": "--frames 150000 --flood syn",
    "4m-1k-imix": "--frames 4000000 --flows 1000 --size imix",
}


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

    @property
    def frame_size(self):
        """As in tables: with FCS; the mean where sizes differ."""
        return f"{self.sums['frame_octets'] / self.frames + 4:.0f}"


def make(generator, name, path, seed=1):
    """Write the capture `name` to `path`."""
    if name not in RECIPES:
        raise BenchError(f"{name}: no such capture; there are {', '.join(RECIPES)}")
    command = [str(generator), *RECIPES[name].split(), "--seed", str(seed), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(done.stderr.strip())
    return Capture(name, Path(path), json.loads(done.stdout))


class Captures:
    """A folder of captures, gone when the with block is left."""

    def __init__(self, generator):
        self.generator = generator
        self._made = {}

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="weir-bench-")
        self.folder = Path(self._folder.name)
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def get(self, name, seed=1):
        key = name if seed == 1 else f"{name}-{seed}"
        if key not in self._made:
            self._made[key] = make(self.generator, name, self.folder / f"{key}.pcap", seed)
        return self._made[key]

    def drop(self, name):
        """Large ones need not wait for the end."""
        capture = self._made.pop(name, None)
        if capture is not None:
            capture.path.unlink()
