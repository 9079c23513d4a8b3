# SPDX-License-Identifier: BSD-3-Clause
"""The telemetry socket under fire: ten clients at once, clients that do not read, garbage, requests
of megabytes, clients that leave in mid-answer. None of it may cost weir a frame, a descriptor or
memory:

    [net_pcap, infinite_rx] ---- [weir] ---- telemetry socket ---- [clients]
"""

import random
import socket
import threading
import time
from contextlib import ExitStack

from tests.hostile.kit import Client, connected, sanitized, settled, start
from tests.kit.rig import LiveWeir, Rig
from tests.kit.tap import Tap

CLIENTS = 10  # as many as rte_telemetry lets in
COMMANDS = ("/weir/info", "/weir/ledger", "/weir/throughput,60", "/weir/sizes", "/weir/flows",
            "/weir/flows,0,100", "/weir/top,source,100", "/weir/top,flow,50,packets,10s",
            "/weir/workers", "/weir/ports", "/weir/events", "/weir/export")
# Beside what weir gains of its own: a thread of rte_telemetry each, and its memory.
MEMORY_GROWTH = 8 * 1024  # kB
# A sanitizer makes each client's thread slow, and sees at once what growth would only hint at.
QUITTERS, AGAIN = (200, 1) if sanitized() else (800, 2)


def rate(live: LiveWeir, seconds: float = 1) -> float:
    """Frames per second that the worker counts."""
    with Client(live) as client:
        begin, before = time.monotonic(), client.ask("/weir/ledger")["received"]
        time.sleep(seconds)
        frames = client.ask("/weir/ledger")["received"] - before
        return frames / (time.monotonic() - begin)


def ask(live: LiveWeir, command: str) -> dict:
    with Client(live) as client:
        return client.ask(command)


def query(live: LiveWeir, seconds: float, times: list, wrong: list) -> None:
    """One client, that asks and reads."""
    with Client(live) as client:
        end, number = time.monotonic() + seconds, 0
        while (begin := time.monotonic()) < end:
            command = COMMANDS[number % len(COMMANDS)]
            answer = client.ask(command)
            times.append(time.monotonic() - begin)
            if not isinstance(answer, dict) or "error" in answer:
                wrong.append((command, answer))
            number += 1


def ten_clients(tap: Tap, live: LiveWeir) -> None:
    times: list[float] = []
    wrong: list = []
    threads = [threading.Thread(target=query, args=(live, 2, times, wrong))
               for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    tap.equal("ten clients at once: every query is answered", wrong[:3], [])
    print(f"# {len(times) / 2:.0f} queries/s, p50 {times[len(times) // 2] * 1000:.1f} ms, "
          f"p99 {times[len(times) * 99 // 100] * 1000:.1f} ms")


def one_too_many(tap: Tap, live: LiveWeir) -> None:
    with ExitStack() as clients:
        for _ in range(CLIENTS):
            clients.enter_context(Client(live))
        tap.ok("an eleventh client is turned away, not kept waiting", connected(live) is None)


def fill(client: Client) -> int:
    """Ask until nothing more fits between the two, and read none of it."""
    client.socket.setblocking(False)
    sent = 0
    try:
        while True:
            client.send(b"/weir/top,source,100")
            sent += 1
    except BlockingIOError:
        return sent


def slow_clients(tap: Tap, live: LiveWeir) -> None:
    with ExitStack() as clients:
        unread = [fill(clients.enter_context(Client(live))) for _ in range(CLIENTS - 1)]
        time.sleep(0.2)
        begin = time.monotonic()
        with Client(live) as client:
            answers = [client.ask(command) for command in COMMANDS]
        tap.ok("nine clients do not read: the tenth gets all its answers",
               all("error" not in answer for answer in answers), answers)
        print(f"# {sum(unread)} requests unread; the tenth: {len(COMMANDS)} answers in "
              f"{(time.monotonic() - begin) * 1000:.1f} ms")


def garbage(tap: Tap, live: LiveWeir) -> None:
    lot = random.Random(3)
    with Client(live) as client:
        for length in (1, 2, 10, 100, 1000, 1023, 1024, 1025, 5000):
            for prefix in (b"", b"/weir/"):
                client.send(prefix + lot.randbytes(length))
                client.raw()  # rte_telemetry repeats what it does not know: that is no JSON
            for prefix in (b"/weir/top,", b"/weir/flows,"):
                client.send(prefix + lot.randbytes(length))
                client.answer()
        tap.ok("garbage is answered, and the same client served afterwards",
               "received" in client.ask("/weir/ledger"))
        for command, word in (("/weir/top,nonsense", "source"), ("/weir/top,source,0", "250"),
                              ("/weir/top,source,5,bytes", "octets"), ("/weir/flows,1", "COUNT"),
                              ("/weir/ledger,1", "no arguments"), ("/weir/throughput,x", "3600")):
            answer = client.ask(command)
            tap.ok(f"{command}: the error says what is allowed",
                   word in answer.get("error", ""), answer)


def megabytes(tap: Tap, live: LiveWeir) -> None:
    with Client(live) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        sent = []
        for start_of_it in (b"/weir/top,", b"/", b"\xff"):
            for size in (1 << 20, 200_000, 60_000):
                try:
                    client.send(start_of_it + b"9" * size)
                except OSError:
                    continue  # more than the kernel carries in one piece
                sent.append(size)
                client.raw()
        tap.ok(f"requests of up to {max(sent)} bytes: answered, and the client served afterwards",
               "received" in client.ask("/weir/ledger"))


def leave(live: LiveWeir, times: int) -> None:
    for number in range(times):
        try:
            with Client(live) as client:
                for _ in range(number % 5):
                    client.send(b"/weir/top,flow,250")
        except OSError:
            pass  # all places were taken


def quitters(tap: Tap, live: LiveWeir) -> None:
    threads = [threading.Thread(target=leave, args=(live, QUITTERS // 4)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.ok(f"{QUITTERS} clients leave in mid-answer: weir runs, and answers",
           live.process.poll() is None and "received" in ask(live, "/weir/ledger"))


class Again(Tap):
    """The same once more: only what fails is of interest."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []

    def ok(self, name: str, condition: object, detail: object = "") -> bool:
        if not condition:
            self.broken.append(f"{name}: {detail}")
        return bool(condition)


ATTACKS = (ten_clients, one_too_many, slow_clients, garbage, megabytes, quitters)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        live = start(rig)
        pid = live.process.pid
        frames, idle = rate(live), settled(pid)
        print(f"# before: {idle}, {frames / 1e6:.1f} Mpps")
        for attack in ATTACKS:
            attack(tap, live)
        # What is allocated at first use is there now.
        frames, first = rate(live), settled(pid)
        print(f"# after the first round: {first}, {frames / 1e6:.1f} Mpps")
        again = Again()
        for _ in range(AGAIN):
            for attack in ATTACKS:
                attack(again, live)
        tap.equal("all of it holds again", again.broken, [])
        frames, last = rate(live), settled(pid)
        print(f"# after the last round: {last}, {frames / 1e6:.1f} Mpps")
        tap.equal("no descriptor leaks", last.descriptors, idle.descriptors)
        tap.equal("no thread stays", last.threads, idle.threads)
        tap.ok("memory does not grow",
               sanitized() or last.data - first.data <= MEMORY_GROWTH,
               f"{first} -> {last}")
        analysis = live.stop()
        tap.equal("exit 0, balanced, every flow ended", analysis.faults(), [])
        report = analysis.report or {"ledger": {"received": None}, "ports": []}
        tap.equal("as many frames as the driver gave", report["ledger"]["received"],
                  sum(port["received"] for port in report["ports"]))
    tap.end()


if __name__ == "__main__":
    main()
