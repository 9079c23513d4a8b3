# SPDX-License-Identifier: BSD-3-Clause
"""Every statement of docs/many.md, in its order, on a real server, with the records of three weirs:

    weir "edge-1", "edge-2" ---- clickhouse+http:// ---- net.flows ---- views, queries
    weir "edge-3" ---- kafka:// ---- brokers ---- ClickHouse's consumer ---^
"""

import re
import time
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.clickhouse import Server
from tests.kit.rig import Rig, wait_until
from tests.kit.tap import Tap
from tests.smoke.export_kafka import Cluster

PAGE = Path("docs/many.md")
BROKERS = "kafka1:9092,kafka2:9092"


def statements() -> list[str]:
    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [text.strip() for block in blocks for text in block.split(";\n") if text.strip()]


def capture_of_now(path: Path) -> str:
    """The bundled capture as if it ended a minute ago."""
    frames = list(capture.read(weir.BUNDLED))
    shift = time.time_ns() - 60 * 10**9 - max(frame.time for frame in frames)
    capture.write(str(path), [frame._replace(time=frame.time + shift) for frame in frames])
    return str(path)


def answer_of(tap: Tap, server: Server, statement: str) -> None:
    first = statement.splitlines()[0][:70]
    try:
        answer = server.ask(statement)
    except RuntimeError as error:
        tap.ok(first, False, error)
        return
    tap.ok(first, answer or not statement.startswith("SELECT"), f"{statement}\nno rows")


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        server, cluster, now = Server(rig), Cluster(rig), capture_of_now(rig.folder / "now.pcap")
        to_server = f"clickhouse+http://127.0.0.1:{server.port}/net.flows?create=yes"

        def export(target: str) -> int:
            """Packets in the records that were sent."""
            done = weir.analyse(now, options=("--active-timeout", "0.05", "--export", target))
            tap.equal(f"{target.rsplit('=', 1)[1]} sends", done.faults(), [])
            return done.report["ledger"]["flow"]

        packets = export(to_server + "&exporter=early")  # and makes the table
        server.ask("TRUNCATE TABLE net.flows")
        queries = []
        for statement in statements():
            if statement.startswith("SELECT"):
                queries.append(statement)
            else:
                answer_of(tap, server, statement.replace(BROKERS, cluster.url.split("/")[2]))
        export(f"kafka{cluster.url.removeprefix('kafka')}?exporter=edge-3")
        export(to_server + "&exporter=edge-1")
        export(to_server + "&exporter=edge-2")
        count = "SELECT sum(packetDeltaCount + reversePacketDeltaCount) FROM net.flows"
        wait_until(lambda: int(server.ask(count)) >= 3 * packets, "what came through Kafka", 40)
        tap.equal("each packet came once from each weir", server.rows(
            "SELECT exporter, sum(packetDeltaCount + reversePacketDeltaCount) FROM net.flows GROUP BY exporter "
            "ORDER BY exporter"), [[f"edge-{number}", str(packets)] for number in (1, 2, 3)])
        for query in queries:
            answer_of(tap, server, query)
        # Of what comes through Kafka 18.16 tells no other views.
        octets = server.ask("SELECT sum(octetDeltaCount + reverseOctetDeltaCount) FROM net.flows "
                            "WHERE exporter IN ('edge-1', 'edge-2')").strip()
        tap.equal("hosts sent and received all there was", server.rows("SELECT sum(sent), sum(received) FROM net.hosts"),
                  [[octets, octets]])
    tap.end()


if __name__ == "__main__":
    main()
