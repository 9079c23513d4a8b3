# SPDX-License-Identifier: BSD-3-Clause
"""Bad input: one clear line "weir: what: why; what to do", the right exit status, and nothing lost that
was already counted."""

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import tempfile
import time
from concurrent import futures
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.tap import Tap

DONE, FAILED, WRONG_USE = 0, 1, 2
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
             "--ambient-caps=-all")


def one_line(tap: Tap, name: str, run: weir.Run, status: int, *words: str) -> None:
    """`run` failed with `status`, and its one line says all of `words`."""
    line = run.errors.removeprefix("weir: ").rstrip("\n")
    tap.ok(name, run.status == status and run.errors == f"weir: {line}\n" and "\n" not in line
           and ": " in line and "; " in line and all(word in line for word in words),
           f"exit {run.status}, expected {status}; must say {words}\n{run.errors}")


def bad_captures(tap: Tap, folder: Path) -> None:
    def refused(what: str, file: Path, *words: str) -> None:
        one_line(tap, f"--read {what}", weir.run("--read", str(file)), WRONG_USE, str(file), *words)

    refused("a missing file", folder / "missing.pcap", "No such file")
    refused("a directory without a file", folder, "directory")
    empty = folder / "empty.pcap"
    empty.touch()
    refused("an empty file", empty)
    text = folder / "text.pcap"
    text.write_text("Not a capture at all, but long enough to be taken for one.\n" * 10)
    refused("a text file", text)
    refused("a directory without a capture", folder)
    run = weir.run("--read", str(text), "--read", weir.BUNDLED, "--read", str(empty), "--format", "json")
    tap.equal("a good file among bad ones: exit 1, and it is analysed", (run.status, weir.faults(run.report()),
              run.report()["ledger"]["received"]), (FAILED, [], len(list(capture.read(weir.BUNDLED)))))
    for what, file in (("text", text), ("empty", empty)):
        tap.ok(f"... the {what} file has a line and a remark", run.errors.count(str(file)) == 1 and
               any(str(file) in remark for remark in run.report()["remarks"]), run.errors)
    missing = folder / "missing.pcap"
    run = weir.run("--read", str(missing), "--read", str(text))
    tap.equal("bad files only: each has its line", (run.status, [name for line in run.errors.splitlines()
              for name in (str(missing), str(text)) if name in line]), (WRONG_USE, [str(missing), str(text)]))
    run = weir.run("--read", weir.BUNDLED, "--read", str(empty))
    tap.equal("an empty file among good ones is no failure", run.status, DONE)


def cut_captures(tap: Tap, folder: Path) -> None:
    frames = list(capture.read(weir.BUNDLED))[:100]
    whole, cut = folder / "whole.pcap", folder / "cut.pcap"
    capture.write(str(whole), frames)
    cut.write_bytes(whole.read_bytes()[:-10])
    analysis = weir.analyse(str(cut))
    tap.equal("a capture cut in mid-record: all frames before the cut, exit 0",
              (analysis.faults(), analysis.report["ledger"]["received"]), ([], 99))
    tap.ok("... and the report says so", any(str(cut) in remark for remark in
                                            analysis.report["remarks"]), analysis.report["remarks"])
    tap.ok("... the text report, too", "analysed up to there" in " ".join(
        weir.run("--read", str(cut)).output.split()))
    none = folder / "none.pcap"
    capture.write(str(none), [])
    analysis = weir.analyse(str(none))
    tap.equal("a capture without packets", (analysis.faults(), analysis.report["ledger"]["received"],
                                            analysis.lines), ([], 0, []))
    text = weir.run("--read", str(none))
    tap.equal("... as text", (text.status, text.errors), (DONE, ""))


def bad_options(tap: Tap, folder: Path) -> None:
    read = ("--read", weir.BUNDLED)
    for arguments, words in (
        ((), ("--read",)),
        (("--nonsense",), ("--nonsense",)),
        ((*read, "--interface", "lo"), ("--read", "--interface")),
        ((*read, "word"), ("word",)),
        (("--read",), ("--read",)),
        ((*read, "--workers", "0"), ("--workers", "0")),
        ((*read, "--workers", "-1"), ("--workers", "-1")),
        ((*read, "--workers", "17"), ("--workers 17", "captures", "16")),
        ((*read, "--workers", "65"), ("--workers 65", "1 to 64")),
        (("--interface", "lo", "--workers", "65"), ("--workers 65", "1 to 64")),
        ((*read, "--workers", "1x"), ("--workers", "1x")),
        ((*read, "--stats-lcores", "two"), ("--stats-lcores two", "3,4 or 3-6")),
        ((*read, "--stats-lcores", "3-"), ("--stats-lcores 3-", "3,4 or 3-6")),
        ((*read, "--stats-lcores", "4-3"), ("--stats-lcores 4-3", "3,4 or 3-6")),
        ((*read, "--stats-lcores", "2,3,2"), ("--stats-lcores", "lcore 2", "twice")),
        ((*read, "--stats-lcores", "1-16"), ("--stats-lcores 1-16", "15")),
        ((*read, "--stats-lcores", "0"), ("--stats-lcores 0", "main lcore")),
        ((*read, "--stats-lcores", "3"), ("--stats-lcores 3", "no such lcore")),
        ((*read, "--workers", "99999999999999999999"), ("--workers",)),
        ((*read, "--flow-capacity", "many"), ("--flow-capacity", "many")),
        ((*read, "--top", "0"), ("--top",)),
        ((*read, "--active-timeout", "nan"), ("--active-timeout", "nan")),
        ((*read, "--inactive-timeout", "-5"), ("--inactive-timeout", "-5")),
        ((*read, "--interval", "0"), ("--interval",)),
        ((*read, "--duration", "soon"), ("--duration", "soon")),
        ((*read, "--report-every", ""), ("--report-every",)),
        ((*read, "--format", "xml"), ("xml", "text", "json")),
        ((*read, "--log-level", "loud"), ("loud", "debug")),
        ((*read, "--driver", "e1000"), ("e1000",)),
        ((*read, "--prefilter", "rules"), ("--prefilter", "--interface")),
        (("--interface", "lo", "--xdp-mode", "native"), ("--xdp-mode",)),
        (("--interface", "lo", "--prefilter", str(folder / "no-rules")), ("no-rules",)),
        (("--interface", "lo", "--prefilter", "rules", "--xdp-mode", "fast"), ("fast", "generic")),
        ((*read, "-xh"), ("-x: no such option",)),
        ((*read, "--in", "5"), ("--in: no such option, or short for several",)),
        ((*read, "--no-vlan-key=yes"), ("--no-vlan-key: takes no value", "=yes")),
        ((*read, "--interval"), ("--interval: needs a value",)),
        ((*read, "--flows", ""), ("--flows", "empty")),
        (("--interface", ""), ("--interface", "empty")),
        (("--read", ""), ("--read", "empty")),
        ((*read, "--nic-timestamps"), ("--nic-timestamps", "captures")),
        ((*read, "--config", "(0,0,1)"), ("--config",)),
        ((*read, "--config", "nonsense"), ("nonsense",)),
        ((*read, "--filter", "tcp port nonsense"), ("nonsense",)),
        ((*read, "--filter", "((("), ("(((",)),
        (("--interface", "nosuch0"), ("nosuch0",)),
        (("--interface", "a-name-that-is-too-long-for-linux"), ("a-name-that-is-too-long",)),
        ((*read, "--flows", str(folder / "no" / "such.jsonl")), ("such.jsonl", "No such file")),
        ((*read, "--flows", str(folder)), (str(folder), "directory")),
    ):
        one_line(tap, "weir " + " ".join(arguments).replace(str(folder), "FOLDER"),
                 weir.run(*arguments), WRONG_USE, *words)
    link = folder / "link.jsonl"
    link.symlink_to(folder / "target")
    one_line(tap, "--flows does not follow a symbolic link", weir.run(*read, "--flows", str(link)),
             WRONG_USE, "link")


def eal_options(tap: Tap) -> None:
    """What is wrong before "--" is told in one line, and DPDK's usage is printed only when asked for."""
    plain = ("--no-pci", "--no-huge", "--file-prefix", f"weir-test-{os.getpid()}")
    for words, reason in (
        (("--nonsense",), "unrecognized option '--nonsense'"), (("-Q",), "'Q'"),
        (("-l",), "requires an argument -- 'l'"), (("-l", "9999"), "invalid core list"),
        (("--iova-mode", "x"), "--iova-mode"), (("--vdev", "net_nonsense0"), "net_nonsense0"),
        (("-l", "0", "--main-lcore", "1"), "Main lcore is not enabled"),
        (("-d", "/no/such.so"), "/no/such.so: cannot open"),
    ):
        run = weir.run(*plain, *words, "--", "--duration", "1")
        one_line(tap, "weir " + " ".join(words) + " --", run, WRONG_USE, reason, "DPDK")
        tap.equal("... and nothing on standard output", run.output, "")
    run = weir.run("-h", "--")
    tap.ok("weir -h -- prints DPDK's usage", run.status == DONE and "--lcores" in run.output, run)


def both_programs(tap: Tap) -> None:
    for program in (weir.WEIR, weir.WEIRCTL):
        name = os.path.basename(program)

        def run(*arguments: str) -> weir.Run:
            return weir.run(*arguments, command=(program,))

        for short, long in (("-h", "--help"), ("-V", "--version")):
            tap.equal(f"{name} {short}", run(short), run(long))
            tap.ok("... is printed", run(short).status == DONE and run(short).output.startswith(
                f"{name} " if short == "-V" else "usage: "), run(short).output)
        for arguments, words in ((("-x",), "-x: no such option"), (("--nope",), "--nope: no such"),
                                 (("--file-prefix",), "--file-prefix: needs a value"),
                                 (("--file-prefix", ""), "--file-prefix: its value is empty"),
                                 (("--help=no",), "--help: takes no value")):
            said = run(*arguments)
            tap.ok(f"{name} {arguments[0]}", said.status == WRONG_USE and
                   said.errors.startswith(f"{name}: {words}") and said.errors.count("\n") == 1, said)


def many(form: str, count: int, joint: str = " or ") -> str:
    return joint.join(form.format(number, number + 1) for number in range(count))


def large_filters(tap: Tap) -> None:
    """However long the expression: an end within a bound, and the reason whole."""
    read = ("--read", weir.BUNDLED, "--filter")
    hosts = [f"host 10.0.{number >> 8}.{number & 255}" for number in range(4000)]
    one_line(tap, "a long --filter with an error at its end", weir.run(*read, " or ".join(
        (*hosts, "host no.such.host.invalid"))), WRONG_USE, '"host 10.0.0.0', "...",
        'no.such.host.invalid"', "unknown host")
    one_line(tap, "a --filter that makes too large a program", weir.run(
        *read, many("host 2001:db8::{0:x}", 300)), WRONG_USE, "5373 instructions", "4096", "networks")
    one_line(tap, "a --filter nested too deep", weir.run(*read, "(" * 60000 + "ip" + ")" * 60000),
             WRONG_USE, "memory exhausted")
    one_line(tap, "a --filter that is not UTF-8", weir.run(*read, "port 80 or \udcff"), WRONG_USE)
    one_line(tap, "a --filter of two lines", weir.run(*read, "port 80\nor nonsense"), WRONG_USE,
             "80?or")
    everything = weir.analyse(weir.BUNDLED).report["ledger"]["flow"]
    for name, expression in (("empty", ""), ("of two lines", "ip\nor ip6"),
                             ("in 1000 parentheses", "(" * 1000 + "ip or ip6" + ")" * 1000),
                             ("with 100 hosts", " or ".join(("ip", "ip6", *hosts[:100])))):
        ledger = weir.analyse(weir.BUNDLED, options=("--filter", expression)).report["ledger"]
        tap.equal(f"a filter {name}", ledger["flow"], everything)
    # Both at the same time: for ten seconds libpcap's compiler, and DPDK's verifier, do not end.
    sums = "(ip[2:2] - ((ip[{0}]&0xf)<<2) > 28 or tcp[tcp[{1}]+3] - ip[ip[2]+4] > 5)"
    with futures.ThreadPoolExecutor() as pool:
        slow = [(what, pool.submit(weir.run, *read, expression)) for what, expression in (
            ("4,000 hosts", " or ".join(hosts)), ("28 comparisons", many(sums, 28, " and ")))]
        for what, run in slow:
            one_line(tap, f"a --filter of {what}", run.result(), WRONG_USE, "within 10 s", "fewer")


def lost_output(tap: Tap) -> None:
    """Help that nobody can have got is a failure; and what is opened never takes a standard stream's place."""
    for program in (weir.WEIR, weir.WEIRCTL):
        for what in ("--help >/dev/full", "--version >&-"):
            run = weir.run(f"exec {program} {what}", command=("sh", "-c"))
            tap.ok(f"{os.path.basename(program)} {what}", run.status == FAILED and
                   run.errors.count("\n") == 1 and "standard output" in run.errors, run)
    said = weir.run("raw", "", command=(weir.WEIRCTL,))
    tap.ok("weirctl raw ''", said.status == WRONG_USE and "raw: one telemetry command" in said.errors, said)


def most_workers(tap: Tap) -> None:
    analysis = weir.analyse(weir.BUNDLED, options=("--workers", "16"))
    tap.equal("a capture with 16 workers", (analysis.faults(), len(analysis.report["workers"])), ([], 16))
    if os.getuid() == 0:
        run = weir.run("--interface", "lo", "--workers", "64", "--duration", "0.1", "--flow-capacity",
                       "1024", "--format", "json", "--file-prefix", f"weir-test-{os.getpid()}")
        tap.ok("an interface with 64 workers: as many as AF_PACKET has queues, with a warning",
               run.status == DONE and len(run.report()["workers"]) == 16 and
               "16 RX queues only, so 16 workers of 64" in run.errors, run)


def log_lines(tap: Tap, folder: Path) -> None:
    """A message is plain on a terminal, has time and level in a file, and a priority in the journal."""
    whole, cut = folder / "whole.pcap", folder / "cut.pcap"
    capture.write(str(whole), list(capture.read(weir.BUNDLED))[:10])
    cut.write_bytes(whole.read_bytes()[:-10])

    def said(to: int, *options: str, **environment: str) -> None:
        subprocess.run([weir.WEIR, *options], stdout=subprocess.DEVNULL, stderr=to, check=False,
                       env={**os.environ, **environment})
        os.close(to)

    def lines(*options: str, terminal: bool = False, journal: bool = False) -> str:
        near, far = pty.openpty() if terminal else os.pipe()
        state = os.fstat(far)
        own = f"{state.st_dev}:{state.st_ino if journal else state.st_ino + 1}"
        said(far, *options, JOURNAL_STREAM=own)
        text = os.read(near, 4096).decode().replace("\r\n", "\n")
        os.close(near)
        return text

    read, wrong = ("--read", str(cut)), ("--read", str(folder / "missing"))
    text = re.escape(f"{cut}: ") + "[^\n]*; analysed up to there\n"
    for name, form, where in (
        ("a pipe", r"weir: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning: ", {}),
        ("a terminal", "weir: ", {"terminal": True}), ("the journal", "<4>", {"journal": True}),
    ):
        shown = lines(*read, **where)
        tap.ok(f"a warning on {name}", re.fullmatch(form + text, shown), shown)
        shown = lines(*wrong, **where)
        tap.ok("... and a failure", re.fullmatch(
            ("<3>" if "journal" in where else "weir: ") + "[^\n]*missing: No such file[^\n]*\n", shown),
            shown)


def full_disk(tap: Tap) -> None:
    run = weir.run("--read", weir.BUNDLED, "--format", "json", "--flows", "/dev/full")
    one_line(tap, "full disk under --flows", run, FAILED, "/dev/full", "No space left")
    tap.equal("... and the report is whole", weir.faults(run.report()), [])
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([weir.WEIR, "--read", weir.BUNDLED], stdout=full, text=True,
                              stderr=subprocess.PIPE, check=False)
    one_line(tap, "full disk under the report", weir.Run(done.returncode, "", done.stderr), FAILED)


def second_instance(tap: Tap) -> None:
    """Two weirs with one prefix: the second says so, the first goes on."""
    prefix = f"weir-test-{os.getpid()}"
    folder = tempfile.mkdtemp()
    fifo = os.path.join(folder, "fifo.pcap")
    capture.write(os.path.join(folder, "one.pcap"), list(capture.read(weir.BUNDLED)))
    os.mkfifo(fifo)
    # A capture that comes through a pipe lasts as long as its writer likes.
    first = subprocess.Popen([weir.WEIR, "--read", fifo, "--file-prefix", prefix, "--format",
                              "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with open(fifo, "wb", buffering=0) as pipe:
        pipe.write(Path(folder, "one.pcap").read_bytes())
        wait_for_socket(prefix)
        run = weir.run("--read", weir.BUNDLED, "--file-prefix", prefix)
        one_line(tap, "a second weir with the same prefix", run, FAILED, prefix)
    output, errors = first.communicate(timeout=60)
    tap.equal("... does not disturb the first", (first.returncode, errors), (DONE, ""))
    tap.equal("... whose ledger has every frame", json.loads(output)["ledger"]["received"],
              len(list(capture.read(weir.BUNDLED))))
    shutil.rmtree(folder)


def wait_for_socket(prefix: str) -> None:
    path = f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2"
    if os.getuid() != 0:
        path = f"{os.environ.get('XDG_RUNTIME_DIR', '/tmp')}/dpdk/{prefix}/dpdk_telemetry.v2"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.settimeout(30)
        for _ in range(600):
            try:
                return client.connect(path)
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.05)
    raise TimeoutError(path)


def ordinary_user(tap: Tap, folder: Path) -> None:
    """Reading captures takes no privilege; a live interface does."""
    user = AS_NOBODY if os.getuid() == 0 else ()
    readable = folder / "readable.pcap"
    shutil.copy(weir.BUNDLED, readable)
    private = folder / "private.pcap"
    shutil.copy(weir.BUNDLED, private)
    private.chmod(0)
    program = folder / "weir"  # the project's folder may be private
    shutil.copy(weir.WEIR, program)
    for path in (folder, readable, program):
        path.chmod(0o755)
    runtime = folder / "runtime"
    runtime.mkdir()
    runtime.chmod(0o777)
    command = ("env", f"XDG_RUNTIME_DIR={runtime}", *user, str(program))

    run = weir.run("--read", str(readable), "--format", "json", command=command)
    tap.equal("an ordinary user reads a capture", (run.status, run.errors), (DONE, ""))
    tap.equal("... with the same ledger", run.report()["ledger"],
              weir.analyse(weir.BUNDLED).report["ledger"])
    run = weir.run("--read", str(private), command=command)
    one_line(tap, "no permission for a capture", run, WRONG_USE, str(private), "ermission")
    run = weir.run("--interface", "lo", "--duration", "1", command=command)
    one_line(tap, "no permission for an interface", run, FAILED, "lo", "CAP_NET_")


def closed_descriptors(tap: Tap, folder: Path) -> None:
    """What the caller closed is not read or written by way of a file that weir opened in its place."""
    shell = ("sh", "-c")
    said = weir.run(f"exec {weir.WEIR} --read - <&-", command=shell, timeout=20)
    tap.ok("--read - <&-: one line, exit 2", said.status == 2 and said.errors.count("\n") == 1, said)
    said = weir.run(f"exec {weir.WEIR} --read {weir.BUNDLED} >&-", command=shell, timeout=20)
    tap.ok("a report to >&-: one line, exit 1", said.status == 1 and said.errors.count("\n") == 1, said)


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for test in (bad_captures, cut_captures, bad_options, closed_descriptors, ordinary_user,
                     log_lines):
            sub = Path(folder, test.__name__)
            sub.mkdir(mode=0o755)
            Path(folder).chmod(0o755)
            test(tap, sub)
    eal_options(tap)
    both_programs(tap)
    lost_output(tap)
    most_workers(tap)
    large_filters(tap)
    full_disk(tap)
    second_instance(tap)
    tap.end()


if __name__ == "__main__":
    main()
