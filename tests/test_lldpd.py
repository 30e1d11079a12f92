"""The real lldpd, in network namespaces joined as a design says, but for two cables: what it prints is compared."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.analysis.verification.verdict import verify
from cmxdsl.readers import read

DESIGN = """
protocol E { plane = scale_out; rate = 10 Gb/s }
chip Host { port eth: E }
switch Leaf { port swp[4]: E }
system Net {
    host[4]: Host
    leaf[2]: Leaf
    spine: Leaf
    link host[h].eth -- leaf[h div 2].swp[h mod 2]
    link leaf[l].swp[2] -- spine.swp[l] for l in 0..1
}
"""
NAMES = """design,device,port
host[h],host{h},
host[h].eth,host*,eth0
leaf[l],leaf{l},
leaf[l].swp[p],leaf*,swp{p}
spine,spine,
spine.swp[p],spine*,swp{p}
"""
CABLES = [
    ("host0", "eth0", "leaf0", "swp0"),
    ("host1", "eth0", "leaf1", "swp0"),  # meant for leaf0's second port
    ("host2", "eth0", "leaf0", "swp1"),  # meant for leaf1's first
    ("host3", "eth0", "leaf1", "swp1"),
    ("leaf0", "swp2", "spine", "swp0"),
    ("leaf1", "swp2", "spine", "swp1"),
]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def possible() -> bool:
    if os.getuid() or not all(map(shutil.which, ("ip", "lldpd", "lldpcli"))):
        return False
    name = f"cmx{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return made


@contextmanager
def network(folder: Path) -> Iterator[list[str]]:
    """Namespaces for all devices, joined by cables; an lldpd in each."""
    folder.chmod(0o755)  # lldpd gives up its rights, and still has to find its socket
    own = f"c{os.getpid() % 100_000}"
    devices = sorted({name for cable in CABLES for name in (cable[0], cable[2])})
    running: list[subprocess.Popen[bytes]] = []
    try:
        for name in devices:
            ip("netns", "add", f"{own}-{name}")
        for number, (a, a_port, b, b_port) in enumerate(CABLES):
            one, other = f"{own}x{number}", f"{own}y{number}"
            ip("link", "add", one, "type", "veth", "peer", "name", other)
            for end, device, port in ((one, a, a_port), (other, b, b_port)):
                space = f"{own}-{device}"
                ip("link", "set", end, "netns", space, "name", port)
                ip("-n", space, "link", "set", port, "up")
        for name in devices:
            words = ["ip", "netns", "exec", f"{own}-{name}", "lldpd", "-d", "-u", str(folder / name)]
            running.append(
                subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            )
        yield devices
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
        for process in running:
            process.wait(10)
        for name in devices:
            subprocess.run(["ip", "netns", "del", f"{own}-{name}"], capture_output=True)


def said(folder: Path, name: str, *words: str) -> str:
    return subprocess.run(
        ["lldpcli", "-u", str(folder / name), *words], capture_output=True, text=True, timeout=20
    ).stdout


@pytest.mark.skipif(not possible(), reason="lldpd, or the right to make network namespaces, is not there")
def test_what_lldpd_says_is_compared_with_the_design(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="cmx-lldpd-") as sockets, network(Path(sockets)) as devices:
        time.sleep(2)
        for name in devices:
            for words in (
                ("configure", "system", "hostname", name),
                ("configure", "system", "interface", "pattern", "*"),
                ("configure", "lldp", "tx-interval", "1"),
                ("update",),
            ):
                said(Path(sockets), name, *words)
        for _ in range(20):
            time.sleep(1)
            texts = {name: said(Path(sockets), name, "-f", "json", "show", "neighbors") for name in devices}
            if sum(text.count('"ttl"') for text in texts.values()) >= 2 * len(CABLES):
                break
    files = []
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text, "utf-8")
        files.append(str(tmp_path / f"{name}.json"))
    (tmp_path / "names.csv").write_text(NAMES, "utf-8")
    found = verify(cmxdsl.loads(DESIGN, top="Net").subject, read(files), "scale_out", str(tmp_path / "names.csv"))
    assert found.cables == 6 and found.right == 4 and (found.misplaced, found.missing) == (2, 0)
    (cause,) = found.causes
    assert cause.rule.code == "CMX1213"
    for end in ("host[1].eth", "leaf[1].swp[0]", "host[2].eth", "leaf[0].swp[1]"):
        assert end in cause.message
