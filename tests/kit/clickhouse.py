# SPDX-License-Identifier: BSD-3-Clause
"""A ClickHouse server of a test's own, on free ports of the loopback interface, with its folder in the rig's."""

import socket
import urllib.error
import urllib.request
from pathlib import Path

from tests.kit.rig import Rig, wait_until

CONFIG = """<yandex>
<logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
<http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
<path>{data}/</path><tmp_path>{data}/tmp/</tmp_path><users_config>users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>16777216</mark_cache_size>
<kafka><auto_offset_reset>smallest</auto_offset_reset></kafka>
</yandex>"""
USERS = """<yandex><profiles><default/></profiles><users>
<default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default>
<edge><password>secret</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></edge>
</users><quotas><default/></quotas></yandex>"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Started; may be killed and started again, with what it has stored and at the same port."""

    def __init__(self, rig: Rig, data: Path = None):
        self.rig, self.folder = rig, rig.folder / "clickhouse"
        self.folder.mkdir()
        data = data or self.folder / "data"
        data.mkdir(exist_ok=True)
        self.port = free_port()
        (self.folder / "config.xml").write_text(CONFIG.format(
            folder=self.folder, data=data, http=self.port, tcp=free_port()))
        (self.folder / "users.xml").write_text(USERS)
        self.start()

    def start(self) -> None:
        self.process = self.rig.start("clickhouse-server", f"--config-file={self.folder}/config.xml")
        wait_until(self._answers, "ClickHouse")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"clickhouse-server: exit {self.process.returncode}: "
                               f"{(self.rig.folder / 'clickhouse-server.log').read_text()[-1000:]}")
        try:
            return self.ask("SELECT 1") == "1\n"
        except OSError:
            return False

    def ask(self, query: str, settings: str = "") -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{settings}", query.encode())
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{query}\n{error.read().decode()}") from None

    def rows(self, query: str) -> list[list[str]]:
        return [line.split("\t") for line in self.ask(query).splitlines()]
