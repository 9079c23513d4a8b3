# SPDX-License-Identifier: BSD-3-Clause
"""How each peer is made to read a capture, with its output on, and to say what it counted."""

import re
import shutil
import socket
import subprocess


def _said(pattern, text):
    match = re.search(pattern, text)
    return int(match[1]) if match else None


def _ask(*command):
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


class Peer:
    """`command` writes below `folder`, an empty folder; `packets`: how many it says, or None."""

    program = ""
    startup = 0.0  # seconds that it sleeps before it begins
    slow = False   # a large capture is not for it

    def available(self):
        return shutil.which(self.program) is not None

    def command(self, capture, folder, sink):
        raise NotImplementedError

    def packets(self, folder, output):
        raise NotImplementedError


class Softflowd(Peer):
    """Exports bidirectional IPFIX; room for all flows, so that it need not evict any."""

    program = "softflowd"

    def command(self, capture, folder, sink):
        return ["softflowd", "-d", "-6", "-m", "16000000", "-v", "10", "-b", "-n",
                f"127.0.0.1:{sink}", "-p", f"{folder}/pid", "-c", f"{folder}/ctl", "-r",
                str(capture.path)]

    def packets(self, folder, output):
        return _said(r"Packets processed: (\d+)", output)


class Nfpcapd(Peer):
    program = "nfpcapd"

    def command(self, capture, folder, sink):
        return ["nfpcapd", "-r", str(capture.path), "-w", str(folder)]

    def packets(self, folder, output):
        return _said(r"Packets: (\d+)", _ask("nfdump", "-R", str(folder), "-I"))


class Argus(Peer):
    program = "argus"
    slow = True  # with many flows

    def command(self, capture, folder, sink):
        return ["argus", "-r", str(capture.path), "-w", f"{folder}/argus.out"]

    def packets(self, folder, output):
        return _said(r"sum\s+\d+\s+(\d+)", _ask("racount", "-r", f"{folder}/argus.out"))


class Pmacctd(Peer):
    program = "pmacctd"
    startup = 2.0
    slow = True  # with many flows

    def command(self, capture, folder, sink):
        config = folder / "pmacctd.conf"
        # Every direction is an entry of about 4 KB; the core process waits for its plugin only
        # while the pipe between them has room.
        config.write_text(f"""daemonize: false
pcap_savefile: {capture.path}
aggregate: src_host, dst_host, src_port, dst_port, proto, vlan
plugins: print
print_output: csv
print_output_file: {folder}/flows.csv
print_output_file_append: true
print_refresh_time: 3600
print_cache_entries: {min(2 * capture.sums["one_way_flows"] + 1, 1000003)}
plugin_buffer_size: 1024000
plugin_pipe_size: 512000000
""")
        return ["pmacctd", "-f", str(config)]

    def packets(self, folder, output):
        try:
            with open(folder / "flows.csv", encoding="ascii") as rows:
                column, total = None, 0
                for row in rows:
                    cells = row.rstrip("\n").split(",")
                    if "PACKETS" in cells:
                        column = cells.index("PACKETS")
                    elif column is not None:
                        total += int(cells[column])
                return total
        except OSError:
            return None


class Tshark(Peer):
    program = "tshark"
    slow = True

    def command(self, capture, folder, sink):
        return ["tshark", "-n", "-q", "-r", str(capture.path), "-z", "conv,tcp", "-z", "conv,udp"]

    def packets(self, folder, output):
        rows = re.findall(r"<->\s+\S+\s+(\d+) \d+ \S+\s+(\d+) \d+", output)
        return sum(int(there) + int(back) for there, back in rows) if rows else None


class Ipfixprobe(Peer):
    """Not in Debian; its plugins for basic flows only."""

    program = "ipfixprobe"

    def command(self, capture, folder, sink):
        return ["ipfixprobe", "-i", f"pcap;file={capture.path}", "-s", "cache;size=21", "-o",
                f"ipfix;host=127.0.0.1;port={sink};udp"]

    def packets(self, folder, output):
        return _said(r"Input stats:.*?\n[^\n]*\n\s*\d+\s+(\d+)", output)


PEERS = {peer.program: peer for peer in
         (Softflowd(), Nfpcapd(), Pmacctd(), Argus(), Tshark(), Ipfixprobe())}


class Sink:
    """A UDP port that takes exported records and forgets them."""

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        return self._socket.getsockname()[1]

    def __exit__(self, *_):
        self._socket.close()
