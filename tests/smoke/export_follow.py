# SPDX-License-Identifier: BSD-3-Clause
"""Records to clients of a UNIX socket, as they end:

    weir ---- json+unix: ---- weirctl flows --follow, several at a time; one that stops reading; nc"""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.kit import weir
from tests.kit.rig import LiveWeir, Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows

FLOWS = 100  # each a record fifty times a second


def start(rig: Rig, *options: object) -> LiveWeir:
    file = many_flows(str(rig.folder / "flows.pcap"), FLOWS, FLOWS)
    return rig.weir("--active-timeout", "0.02", *options,
                    eal=("--lcores=0@0,1@1", "--no-huge", "-m", 512, "--no-shconf", "--no-pci",
                         f"--vdev=net_pcap0,rx_pcap={file},infinite_rx=1"))


def outlet(live: LiveWeir) -> dict:
    row = next(row for row in live.ask("/weir/export")["outputs"].values() if row["output"] == "export")
    assert row["given"] == sum(row[part] for part in ("sent", "waiting", "lost_full", "lost_remote")), row
    return row


def follow(rig: Rig, live: LiveWeir, file: Path) -> subprocess.Popen:
    """Writes into `file`, what it says into FILE.log."""
    out, log = (rig.enter_context(open(name, "wb")) for name in (file, f"{file}.log"))
    process = rig.start(weir.WEIRCTL, "--socket", live.socket, "flows", "--follow", stdout=out, stderr=log)
    wait_until(lambda: file.stat().st_size > 0, "the first records")
    return process


def is_run_of(lines: list[bytes], whole: list[bytes]) -> bool:
    """They stand in `whole` as they are, one behind the other."""
    begin = whole.index(lines[0])
    return whole[begin:begin + len(lines)] == lines


def check_followers(tap: Tap) -> None:
    with Rig() as rig:
        live = start(rig, "--export", "json+unix:")
        names = [rig.folder / name for name in ("first", "second", "stopped")]
        first, second, stopped = (follow(rig, live, name) for name in names)
        path = Path(live.socket).parent / live.ask("/weir/info")["flows_socket"]
        tap.equal("the socket is as telemetry's", (path.name, path.stat().st_uid, path.parent.stat().st_mode & 0o777),
                  ("weir_flows.v1", Path(live.socket).stat().st_uid, 0o700))
        stopped.send_signal(signal.SIGSTOP)
        wait_until(lambda: outlet(live)["lost_remote"] > 5000, "losses of the one that is stopped")
        first.send_signal(signal.SIGINT)
        tap.equal("SIGINT: exit 0, without a word", (first.wait(10), Path(f"{names[0]}.log").read_text()), (0, ""))
        stopped.send_signal(signal.SIGCONT)
        said = Path(f"{names[2]}.log")
        wait_until(lambda: "missing" in said.read_text(), "a word on what is missing")
        head = subprocess.run(("sh", "-c", f"{weir.WEIRCTL} --socket {live.socket} flows --follow | head -n 3"),
                              capture_output=True, text=True, timeout=30, check=False)
        tap.equal("... | head -n 3", (head.stdout.count("\n"), head.stderr), (3, ""))
        done = live.stop()
        tap.equal("a slow client is no failure of weir's", done.faults(), [])
        tap.equal("weir ends: so do they, exit 0", (second.wait(10), stopped.wait(10)), (0, 0))
        whole = [line.encode() for line in done.lines]
        got = [name.read_bytes().splitlines() for name in names]
        tap.ok("a client has all records from its beginning to its end", is_run_of(got[0], whole))
        tap.ok("... another one to weir's", is_run_of(got[1], whole) and got[1][-1] == whole[-1])
        lost = sum(int(line.split()[1].replace(",", "")) for line in said.read_text().splitlines())
        begin = whole.index(got[2][0])
        tap.equal("... the one that was stopped knows how many it has not", len(got[2]) + lost, len(whole) - begin)
        tap.ok("... and has whole ones, in order", set(got[2]) <= set(whole) and len(set(got[2])) == len(got[2]))
        tap.ok("the socket is gone", not path.exists())


def check_refusals(tap: Tap) -> None:
    with Rig() as rig:
        live = start(rig)
        said = live.ctl("flows", "--follow")
        tap.equal("a weir without such an outlet", (said.status, said.output, said.errors), (
            1, "", "weirctl: flows --follow: this weir has no socket for it; start it with --export json+unix:\n"))
    for words in (("ledger", "--follow"), ("flows", "0", "1", "--follow"), ("flows", "--follow", "--watch", "1")):
        said = weir.run(*words, command=(weir.WEIRCTL,))
        tap.equal(" ".join(words), (said.status, said.errors), (
            2, "weirctl: --follow: is for flows alone, without arguments and --watch\n"))


def check_capture(tap: Tap) -> None:
    """It waits for a first client, and for it to take everything."""
    with Rig() as rig:
        prefix = f"weir-follow-{Path(rig.folder).name}"
        flows = rig.folder / "flows.jsonl"
        reading = rig.start(weir.WEIR, "--read", weir.BUNDLED, "--file-prefix", prefix, "--flows", flows,
                            "--export", "json+unix:", stdout=subprocess.DEVNULL)
        telemetry = f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2"
        time.sleep(1)
        tap.ok("a capture waits for its first client", reading.poll() is None)
        wait_until(lambda: weir.run("--socket", telemetry, "info", command=(weir.WEIRCTL,)).status == 0, "telemetry")
        said = weir.run("--socket", telemetry, "flows", "--follow", command=(weir.WEIRCTL,))
        tap.equal("... which has all records", (said.status, said.output, reading.wait(10)), (0, flows.read_text(), 0))
        tap.ok("... of which there are some", len(flows.read_text().splitlines()) > 10)
        json.loads(said.output.splitlines()[0])


def check_hands(tap: Tap) -> None:
    """Nothing but the socket is needed."""
    with Rig() as rig:
        live = start(rig, "--export", "json+unix:")
        with socket.socket(socket.AF_UNIX) as client, client.makefile() as lines:
            client.connect(f"{Path(live.socket).parent}/weir_flows.v1")
            line = lines.readline()
        tap.ok("a socket, and nothing to be said to it", "flowStartMilliseconds" in json.loads(line), line)


def main() -> None:
    tap = Tap()
    check_followers(tap)
    check_refusals(tap)
    check_capture(tap)
    check_hands(tap)
    tap.end()


if __name__ == "__main__":
    main()
