# SPDX-License-Identifier: BSD-3-Clause
"""Certificates for tests of TLS, made by openssl(1): an authority, and what it signs."""

from pathlib import Path

from tests.kit.rig import run

CONFIG = """
[ca]
default_ca = authority
[authority]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    def __init__(self, folder: Path, name: str):
        self.folder = folder / name
        self.folder.mkdir()
        self.certificate = self.folder / "ca.pem"
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("01\n")
        (self.folder / "config").write_text(CONFIG.format(folder=self.folder))
        run("openssl", "req", "-x509", *KEY, "-subj", f"/CN={name}", "-days", "30", "-keyout", self.folder / "ca.key",
            "-out", self.certificate)

    def sign(self, name: str, subject: str, start: str = "20200101000000Z", end: str = "20991231000000Z") -> Path:
        """A file with key and certificate; `subject` is "DNS:localhost" or "IP:127.0.0.1"."""
        file, request, signed = (self.folder / f"{name}.{suffix}" for suffix in ("key", "csr", "crt"))
        run("openssl", "req", "-new", *KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName={subject}",
            "-keyout", file, "-out", request)
        run("openssl", "ca", "-batch", "-notext", "-config", self.folder / "config", "-cert", self.certificate,
            "-keyfile", self.folder / "ca.key", "-startdate", start, "-enddate", end, "-in", request, "-out", signed)
        both = self.folder / f"{name}.pem"
        both.write_text(signed.read_text() + file.read_text())
        return both
