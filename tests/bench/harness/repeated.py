# SPDX-License-Identifier: BSD-3-Clause
"""A capture repeated for ever by net_pcap: the frames lie in mbufs, so nothing is copied."""

# weir's pool for a repeated capture: as many mbufs as frames and these, each just large enough.
# testpmd gets the same, or its frames would lie elsewhere in the caches.
MBUFS_BESIDE = 512
HEADROOM = 128


def vdev(*captures):
    """A queue for each capture."""
    return "net_pcap0" + "".join(f",rx_pcap={capture.path}" for capture in captures) + \
        ",infinite_rx=1"


def memory_for(capture):
    """MiB for frames in mbufs, with room to spare."""
    return 1024 + capture.frames * 2048 // 2**20 * 2


def mbuf_options(capture):
    longest = 1514 if "imix" in capture.name else 128
    return [f"--total-num-mbufs={capture.frames + MBUFS_BESIDE}",
            f"--mbuf-size={HEADROOM + longest}"]
