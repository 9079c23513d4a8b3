# SPDX-License-Identifier: BSD-3-Clause
"""A ClickHouse server with a table that forgets all it gets, so that the sender's side is what is measured."""

import shutil
import sys
from contextlib import ExitStack

from . import ROOT
from .process import BenchError, run

sys.path.append(str(ROOT))  # tests.kit

TABLE = "default.flows"


class ClickHouse(ExitStack):
    """`url`: of the table; None: there is none, and `why_not` says why."""

    url = None
    why_not = "clickhouse-server is not on this machine"

    def __init__(self, export):
        super().__init__()
        self._export = str(export)  # bench-export, which makes the table

    def __enter__(self):
        super().__enter__()
        if shutil.which("clickhouse-server") is None:
            return self
        from tests.kit.clickhouse import Server
        from tests.kit.rig import Rig
        server = Server(self.enter_context(Rig()))
        where = f"clickhouse+http://127.0.0.1:{server.port}/"
        try:
            run([self._export, f"{where}{TABLE}?create=yes&linger=0.001", "1"])
        except BenchError as error:
            self.why_not = str(error).splitlines()[-1]
            return self
        server.ask(f"CREATE TABLE default.void AS {TABLE} ENGINE = Null")
        self.url = f"{where}default.void?linger=0.1"  # giving is measured on an empty queue, again and again
        return self
