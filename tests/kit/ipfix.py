# SPDX-License-Identifier: BSD-3-Clause
"""What arrives at a collector of IPFIX (RFC 7011, 5103, 5610) and NetFlow v9 (RFC 3954), read by the RFCs and strictly:
whatever these do not allow is an exception. Shares nothing with the code of weir."""

import socket
import ssl
import struct
import threading
import time
from ipaddress import ip_address
from typing import NamedTuple, Optional

IANA, REVERSE = 0, 29305

# Of IANA's registry, those that weir sends: name and abstract data type.
ELEMENTS = {
    1: ("octetDeltaCount", "unsigned64"), 2: ("packetDeltaCount", "unsigned64"),
    4: ("protocolIdentifier", "unsigned8"), 5: ("ipClassOfService", "unsigned8"),
    6: ("tcpControlBits", "unsigned16"), 7: ("sourceTransportPort", "unsigned16"),
    8: ("sourceIPv4Address", "ipv4Address"), 10: ("ingressInterface", "unsigned32"),
    11: ("destinationTransportPort", "unsigned16"), 12: ("destinationIPv4Address", "ipv4Address"),
    21: ("flowEndSysUpTime", "unsigned32"), 22: ("flowStartSysUpTime", "unsigned32"),
    27: ("sourceIPv6Address", "ipv6Address"), 28: ("destinationIPv6Address", "ipv6Address"),
    32: ("icmpTypeCodeIPv4", "unsigned16"), 34: ("samplingInterval", "unsigned32"),
    35: ("samplingAlgorithm", "unsigned8"), 40: ("exportedOctetTotalCount", "unsigned64"),
    41: ("exportedMessageTotalCount", "unsigned64"), 42: ("exportedFlowRecordTotalCount", "unsigned64"),
    56: ("sourceMacAddress", "macAddress"), 58: ("vlanId", "unsigned16"),
    80: ("destinationMacAddress", "macAddress"), 136: ("flowEndReason", "unsigned8"),
    139: ("icmpTypeCodeIPv6", "unsigned16"), 149: ("observationDomainId", "unsigned32"),
    152: ("flowStartMilliseconds", "dateTimeMilliseconds"), 153: ("flowEndMilliseconds", "dateTimeMilliseconds"),
    160: ("systemInitTimeMilliseconds", "dateTimeMilliseconds"), 163: ("observedFlowTotalCount", "unsigned64"),
    164: ("ignoredPacketTotalCount", "unsigned64"), 165: ("ignoredOctetTotalCount", "unsigned64"),
    166: ("notSentFlowTotalCount", "unsigned64"), 167: ("notSentPacketTotalCount", "unsigned64"),
    168: ("notSentOctetTotalCount", "unsigned64"), 303: ("informationElementId", "unsigned16"),
    339: ("informationElementDataType", "unsigned8"), 340: ("informationElementDescription", "string"),
    341: ("informationElementName", "string"), 344: ("informationElementSemantics", "unsigned8"),
    342: ("informationElementRangeBegin", "unsigned64"), 343: ("informationElementRangeEnd", "unsigned64"),
    345: ("informationElementUnits", "unsigned16"), 346: ("privateEnterpriseNumber", "unsigned32"),
}
LENGTHS = {"unsigned8": 1, "unsigned16": 2, "unsigned32": 4, "unsigned64": 8, "dateTimeMilliseconds": 8,
           "ipv4Address": 4, "ipv6Address": 16, "macAddress": 6}
REDUCIBLE = ("unsigned16", "unsigned32", "unsigned64")
TYPES = {1: "unsigned8", 2: "unsigned16", 3: "unsigned32", 4: "unsigned64", 12: "macAddress", 13: "string",
         15: "dateTimeMilliseconds", 18: "ipv4Address", 19: "ipv6Address"}  # of informationElementDataType
VARIABLE = 65535


class Field(NamedTuple):
    enterprise: int
    element: int
    length: int
    scope: bool = False


class Template(NamedTuple):
    number: int
    fields: tuple[Field, ...]
    options: bool

    def shortest(self) -> int:
        return sum(1 if field.length == VARIABLE else field.length for field in self.fields)


class Record(NamedTuple):
    template: Template
    values: dict  # by name


class Message(NamedTuple):
    arrived: float
    version: int
    time: int  # s since 1970
    uptime: int  # ms; NetFlow
    sequence: int
    domain: int
    templates: list[Template]
    records: list[Record]
    size: int

    def flows(self) -> list[dict]:
        return [record.values for record in self.records if not record.template.options]

    def options(self) -> list[dict]:
        return [record.values for record in self.records if record.template.options]


def check(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


class Reader:
    """Octets, each taken once."""

    def __init__(self, octets: bytes):
        self.octets, self.at = octets, 0

    def left(self) -> int:
        return len(self.octets) - self.at

    def take(self, size: int) -> bytes:
        check(size <= self.left(), f"{size} octets of {self.left()}")
        self.at += size
        return self.octets[self.at - size:self.at]

    def numbers(self, form: str) -> tuple[int, ...]:
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))


class Session:
    """One exporter's messages in the order of their arrival: its templates, and what is missing by its numbers."""

    def __init__(self) -> None:
        self.templates: dict[int, Template] = {}
        self.own: dict[tuple[int, int], tuple[str, str]] = {}
        self.messages: list[Message] = []
        self.expected: Optional[int] = None
        self.missing = 0  # data records (NetFlow: messages) that never arrived

    def flows(self) -> list[dict]:
        return [flow for message in self.messages for flow in message.flows()]

    def options(self, name: str) -> list[dict]:
        """Those that have an element of this name."""
        return [record for message in self.messages for record in message.options() if name in record]

    def statistics(self) -> dict:
        """The newest."""
        return self.options("exportedFlowRecordTotalCount")[-1]

    # ---- messages ----

    def take(self, octets: bytes) -> Message:
        reader = Reader(octets)
        version, = reader.numbers("H")
        check(version in (9, 10), f"version {version}")
        uptime = 0
        if version == 10:
            length, seconds, sequence, domain = reader.numbers("HIII")
            check(length == len(octets), f"a length of {length} in {len(octets)} octets")
        else:
            count, uptime, seconds, sequence, domain = reader.numbers("HIIII")
        message = Message(time.time(), version, seconds, uptime, sequence, domain, [], [], len(octets))
        while reader.left() > 0:
            self._set(reader, message)
        if version == 9:
            check(count == len(message.templates) + len(message.records), f"count {count}")
        self._number(message)
        self.messages.append(message)
        return message

    def _number(self, message: Message) -> None:
        if self.expected is not None:
            ahead = (message.sequence - self.expected) % 2**32
            check(ahead < 2**31, f"sequence {message.sequence} after {self.expected}")
            self.missing += ahead
        step = len(message.records) if message.version == 10 else 1
        self.expected = (message.sequence + step) % 2**32

    def _set(self, reader: Reader, message: Message) -> None:
        number, length = reader.numbers("HH")
        check(length > 4, f"a set of {length} octets")
        body = Reader(reader.take(length - 4))
        if message.version == 9:
            check(length % 4 == 0, f"a set of {length} octets")
        template_set = 2 if message.version == 10 else 0
        if number in (template_set, template_set + 1):
            least = 4
            while body.left() >= least:
                self._template(body, message, number == template_set + 1)
        else:
            check(number >= 256, f"a set {number}")
            check(number in self.templates, f"data of template {number} before it")
            template = self.templates[number]
            least = template.shortest()
            check(body.left() >= least, "a set without a record")
            while body.left() >= least:
                message.records.append(self._record(body, template, message.version))
        rest = body.take(body.left())
        check(len(rest) < least and not any(rest), f"padding {rest!r}")
        check(message.version == 10 or len(rest) < 4, f"padding {rest!r}")

    # ---- templates ----

    def _template(self, body: Reader, message: Message, options: bool) -> None:
        start = body.at
        number, count = body.numbers("HH")
        scopes = 0
        if options and message.version == 10:
            scopes, = body.numbers("H")
            check(0 < scopes <= count, f"{scopes} scope fields of {count}")
        elif options:  # lengths in octets
            rest, = body.numbers("H")
            check(count % 4 == 0 and rest % 4 == 0, f"options of {count} and {rest} octets")
            scopes, count = count // 4, count // 4 + rest // 4
        check(number >= 256 and count > 0, f"template {number} of {count} fields")
        fields = tuple(self._field(body, message.version, scope=options and i < scopes) for i in range(count))
        check(len(set(fields)) == count, f"template {number} has a field twice")
        template = Template(number, fields, options)
        known = self.templates.setdefault(number, template)
        check(known == template, f"template {number} is something else now, at octet {start}")
        message.templates.append(template)

    @staticmethod
    def _field(body: Reader, version: int, scope: bool) -> Field:
        element, length = body.numbers("HH")
        check(length > 0, "a field without octets")
        if version == 10 and element & 0x8000:
            enterprise, = body.numbers("I")
            check(enterprise != IANA, "IANA's elements have no enterprise")
            return Field(enterprise, element & 0x7FFF, length, scope)
        check(version == 10 or element < 128 or scope, f"NetFlow v9 has no element {element}")
        return Field(IANA, element, length, scope)

    # ---- records ----

    def _record(self, body: Reader, template: Template, version: int) -> Record:
        values: dict = {}
        for field in template.fields:
            length = field.length
            if length == VARIABLE:
                length, = body.numbers("B")
                if length == 255:
                    length, = body.numbers("H")
            octets = body.take(length)
            if version == 9 and field.scope:
                values["scope"] = (field.element, int.from_bytes(octets, "big"))
                continue
            name, kind = self._meaning(field)
            check(name not in values, f"{name} twice")
            values[name] = value_of(octets, kind, version)
        if "informationElementName" in values:
            self._learn(values)
        return Record(template, values)

    def _meaning(self, field: Field) -> tuple[str, str]:
        if field.enterprise == IANA:
            return ELEMENTS[field.element]
        if field.enterprise == REVERSE:
            name, kind = ELEMENTS[field.element]
            return "reverse" + name[0].upper() + name[1:], kind
        check((field.enterprise, field.element) in self.own, f"nobody has said what {field} is")
        return self.own[field.enterprise, field.element]

    def _learn(self, values: dict) -> None:
        key = values["privateEnterpriseNumber"], values["informationElementId"]
        known = self.own.setdefault(key, (values["informationElementName"], TYPES[values["informationElementDataType"]]))
        check(known[0] == values["informationElementName"], f"{key} is {known} and {values}")
        check(len(set(name for name, _ in self.own.values())) == len(self.own), f"{known} is the name of two")


def value_of(octets: bytes, kind: str, version: int):
    if kind == "string":
        return octets.decode()
    # NetFlow's numbers have the lengths that templates say, IPFIX' may be shorter (RFC 7011, 6.2).
    usual = LENGTHS[kind]
    check(len(octets) == usual or (kind in REDUCIBLE and (len(octets) < usual or version == 9)),
          f"{len(octets)} octets of {kind}")
    if kind in ("ipv4Address", "ipv6Address"):
        return str(ip_address(octets))
    if kind == "macAddress":
        return octets.hex(":")
    return int.from_bytes(octets, "big")


# ---- collectors ----


class Collector:
    """A thread that takes what comes to a port of its own, until it is closed. Messages are read by sessions(), when all
    is over: nothing slows it down before. `context`: TLS, over "tcp"."""

    def __init__(self, transport: str = "udp", address: str = "127.0.0.1", buffer: int = 1 << 24,
                 context: Optional[ssl.SSLContext] = None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.transport, self.address, self.buffer, self.context = transport, address, buffer, context
        self.raw: list[list[bytes]] = []  # of each connection
        self._open(family, 0)
        self.thread: Optional[threading.Thread] = None
        self.resume()

    def _open(self, family: int, port: int) -> None:
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(family, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer)
        self.socket.bind((self.address, port))
        self.port = self.socket.getsockname()[1]
        if self.transport != "udp":
            self.socket.listen()
        self.socket.settimeout(0.1)

    def url(self, scheme: str, **settings: object) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        query = "&".join(f"{name.replace('_', '-')}={value}" for name, value in settings.items())
        return f"{scheme}://{host}:{self.port}" + ("?" + query if query else "")

    def resume(self) -> None:
        self.running = True
        self.thread = threading.Thread(target=self._datagrams if self.transport == "udp" else self._connections)
        self.thread.start()

    def pause(self) -> None:
        """It reads nothing until resume()."""
        self.running = False
        self.thread.join()

    def kill(self) -> None:
        """Nobody listens any more; revive() listens on the same port."""
        self.pause()
        self.socket.close()

    def revive(self) -> None:
        self._open(self.socket_family(), self.port)
        self.resume()

    def socket_family(self) -> int:
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    def close(self, quiet: float = 0.15) -> None:
        """When nothing has come for so long."""
        count = -1
        while count != (count := sum(map(len, self.raw))):
            time.sleep(quiet)
        self.pause()
        self.socket.close()

    def sessions(self) -> list[Session]:
        """Of datagrams one, else of each connection."""
        made = []
        for octets in self.raw:
            session = Session()
            for message in octets:
                session.take(message)
            made.append(session)
        return made

    def _datagrams(self) -> None:
        if not self.raw:
            self.raw.append([])
        while self.running:
            try:
                self.raw[0].append(self.socket.recv(65535))
            except TimeoutError:
                continue

    def _connections(self) -> None:
        while self.running:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.raw.append([])
            connection.settimeout(10)
            with self.context.wrap_socket(connection, server_side=True) if self.context else connection as stream:
                stream.settimeout(0.1)
                self._stream(stream, self.raw[-1])

    def _stream(self, connection: socket.socket, messages: list[bytes]) -> None:
        """What is no whole message when the connection ends, never came."""
        pending = b""
        while self.running:
            try:
                got = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            if not got:
                return
            pending += got
            while len(pending) >= 4 and len(pending) >= (size := int.from_bytes(pending[2:4], "big")):
                check(size >= 16, f"a message of {size} octets")
                messages.append(pending[:size])
                pending = pending[size:]
