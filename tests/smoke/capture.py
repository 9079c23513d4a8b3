# SPDX-License-Identifier: BSD-3-Clause
"""weirctl capture, beside the analysis:

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir] ---- socket ---- [weirctl, tshark]

Up to 900 frames nothing can be lost, however busy the machine is: as many may be with the capture at a time.
"""

import re
import signal
import subprocess
import time
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.rig import LiveWeir, Rig, run, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay_in_step

FLOWS, FRAMES = 4, 600  # UDP from the ports 10000 to 10003
ONE_PORT = ("udp", "src", "port", "10001")


def begin(rig: Rig, live: LiveWeir, file: Path, *words: object) -> subprocess.Popen:
    """A capture into `file` that sees whatever is sent from now on."""
    log = rig.enter_context(open(f"{file}.log", "w", encoding="utf-8"))
    process = rig.start(weir.WEIRCTL, "--socket", live.socket, "capture", "-w", file, *words, stderr=log)
    wait_until(lambda: file.exists() and file.stat().st_size > 0, "the capture's beginning")
    return process


def finish(process: subprocess.Popen, file: Path) -> tuple[int, int, int]:
    """Exit status, frames captured and lost as weirctl tells them."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    status = process.wait(30)
    said = Path(f"{file}.log").read_text(encoding="utf-8")
    sums = re.fullmatch(r"weirctl: ([\d,]+) frames captured, ([\d,]+) lost\n", said)
    return (status, *(int(sum_.replace(",", "")) for sum_ in sums.groups())) if sums else (status, said, 0)


def in_file(file: Path) -> list[bytes]:
    return [frame.data for frame in capture.read(str(file))]


def check_counts(tap: Tap, rig: Rig, live: LiveWeir, sender, driver: str) -> None:
    """Two captures at a time, and one into a pipe."""
    sent = many_flows(str(rig.folder / "sent.pcap"), FRAMES, FLOWS)
    frames = [frame.data for frame in capture.read(sent)]
    all_of_them, some = rig.folder / f"all-{driver}", rig.folder / f"some-{driver}"
    first, second = begin(rig, live, all_of_them), begin(rig, live, some, "-s", "42", *ONE_PORT)
    counted = subprocess.Popen((weir.WEIRCTL, "--socket", live.socket, "capture", "-w", "-", "-c",
                                str(FRAMES // FLOWS), " ".join(ONE_PORT)), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    rig.callback(counted.kill)
    head = counted.stdout.read(4)  # it has begun
    before = time.time_ns()
    replay_in_step(sender, "span0", sent, live)
    piped = subprocess.run(("tshark", "-r", "-", "-T", "fields", "-e", "udp.srcport", "-e", "frame.interface_name"),
                           input=head + counted.stdout.read(), capture_output=True, check=False)
    tap.equal(f"{driver}: all that was sent is captured, and none lost", finish(first, all_of_them), (0, FRAMES, 0))
    tap.equal("... byte for byte", in_file(all_of_them), frames)
    tap.equal("with an expression: what matches", finish(second, some), (0, FRAMES // FLOWS, 0))
    tap.equal("... and of it as much as was asked for", in_file(some), [frame[:42] for frame in frames[1::FLOWS]])
    tap.equal("... with its length on the wire", {frame.wire for frame in capture.read(str(some))}, {len(frames[0])})
    tap.ok("... and its date", all(before <= frame.time <= time.time_ns() for frame in capture.read(str(some))))
    tap.equal("piped to tshark, until there are enough", piped.stdout.decode().split("\n")[:-1],
              ["10001\tmon0"] * (FRAMES // FLOWS))
    said = run("capinfos", "-Mc", all_of_them)
    tap.ok("capinfos takes the file", re.search(rf"Number of packets: +{FRAMES}\n", said), said)


def check_slow_client(tap: Tap, rig: Rig, live: LiveWeir, sender) -> None:
    """It is stopped: the buffer for it is full before it reads again."""
    data = many_flows(str(rig.folder / "large.pcap"), 1, 1)
    frame = next(capture.read(data)).data + bytes(1400)
    count = 4500  # 6 MB
    capture.write(data, [capture.Frame(number * 1000, len(frame), frame) for number in range(count)])
    file = rig.folder / "slow"
    slow = begin(rig, live, file)
    slow.send_signal(signal.SIGSTOP)
    replay_in_step(sender, "span0", data, live)
    ledger = live.ask("/weir/ledger")
    tap.equal("a client that does not read costs the analysis nothing", (
        ledger["missed"], ledger["no_mbuf"]), (0, 0))
    slow.send_signal(signal.SIGCONT)
    status, captured, lost = finish(slow, file)
    tap.ok("... it loses frames", status == 0 and captured > 0 and lost > 0, (status, captured, lost))
    tap.equal("... each is in the file or lost", captured + lost, count)
    tap.equal("... as many as weirctl says are in the file", len(in_file(file)), captured)
    statistics = capture.statistics(str(file))
    tap.equal("... and in its statistics (isb_ifdrop, isb_filteraccept)", statistics, [(lost, count)])


def check_wrong(tap: Tap, rig: Rig, live: LiveWeir) -> None:
    file = rig.folder / "kept"
    file.write_text("not to be lost")
    wrong = live.ctl("capture", "-w", str(file), "port", "nowhere")
    tap.ok("a wrong expression: a line, exit 1", wrong.status == 1 and wrong.errors.count("\n") == 1
           and "port nowhere" in wrong.errors, wrong)
    tap.equal("... the file is as it was", file.read_text(), "not to be lost")
    nowhere = live.ctl("capture", "-c", "1", "-w", "/nowhere/file")
    tap.ok("a file that cannot be: a line, exit 1", nowhere.status == 1 and nowhere.errors.count("\n") == 1
           and "/nowhere/file" in nowhere.errors, nowhere)
    for words in (("ledger", "-w", "x"), ("--json", "capture"), ("capture", "-c", "0"), ("capture", "-s", "many")):
        done = live.ctl(*words)
        tap.ok(f"weirctl {' '.join(words)}: a line, exit 2", done.status == 2 and done.errors.count("\n") == 1, done)
    terminal = run("script", "-qec", f"{weir.WEIRCTL} --socket {live.socket} capture || echo status $?", "/dev/null")
    tap.ok("a terminal gets no pcapng", "is not for a terminal" in terminal and "status 1" in terminal, terminal)


def check_killed(tap: Tap, rig: Rig, live: LiveWeir, sender) -> None:
    """Nothing is left of it for whoever comes next."""
    for number in range(3):
        begin(rig, live, rig.folder / f"killed{number}").kill()
    tagged = str(rig.folder / "tagged.pcap")
    frame = next(capture.read(many_flows(tagged, 1, 1))).data
    frame = frame[:12] + b"\x81\x00\x60\x07" + frame[12:]
    capture.write(tagged, [capture.Frame(0, len(frame), frame)] * 20)
    file = rig.folder / "tags"
    process = begin(rig, live, file)
    replay_in_step(sender, "span0", tagged, live)
    tap.equal("after killed clients: the next one has what is its own", finish(process, file), (0, 20, 0))
    tap.equal("... with the tag that AF_PACKET took out", in_file(file), [frame] * 20)
    process = begin(rig, live, rig.folder / "last")
    tap.equal("weir ends with a balanced ledger", live.stop().faults(), [])
    tap.equal("... and so does a capture", finish(process, rig.folder / "last"), (0, 0, 0))


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        # What --filter leaves out of the analysis is captured all the same.
        live = rig.weir("--interface", "mon0", "--driver", "af_packet", "--filter", "tcp", namespace=monitor)
        check_counts(tap, rig, live, sender, "af_packet")
        check_slow_client(tap, rig, live, sender)
        check_wrong(tap, rig, live)
        check_killed(tap, rig, live, sender)
        live = rig.weir("--interface", "mon0", "--driver", "af_xdp", namespace=monitor)
        check_counts(tap, rig, live, sender, "af_xdp")
        tap.equal("weir ends with a balanced ledger", live.stop().faults(), [])
    tap.end()


if __name__ == "__main__":
    main()
