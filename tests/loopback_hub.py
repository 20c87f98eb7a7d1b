"""A hub on the loopback interface that serves one small SegFormer, and misbehaves on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    range: str | None
    token: str | None


@dataclass
class LoopbackHub:
    """What the server has, how it misbehaves, and what it was asked."""

    files: dict[str, bytes]
    repo: str = "nvidia/segformer-b0-finetuned-ade-512-512"
    card: dict[str, Any] = field(default_factory=lambda: {"license": "other"})
    breaks_after: list[int] = field(default_factory=list)
    """For each coming GET of the weights: how many bytes to send before the line is cut."""
    damaged: bool = False
    gated: bool = False
    token: str | None = None
    status: int = 0
    """Answer everything with this status instead."""
    ignores_ranges: bool = False
    sends_elsewhere: bool = False
    """Large files lie with another host, as they do for huggingface.co."""
    pause: float = 0.0
    """Seconds between blocks of weights."""
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    def requests(self, method: str, file: str = WEIGHTS) -> list[Seen]:
        """The requests for a file, in order."""
        return [one for one in self.seen if one.method == method and one.path.endswith(file)]

    def etag(self, file: str) -> str:
        """SHA-256 for weights, git's SHA-1 for small files, as the real hub has them."""
        data = self.files[file]
        if file.endswith((".safetensors", ".bin")):
            return hashlib.sha256(data).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def serve(hub: LoopbackHub) -> ThreadingHTTPServer:
    """Start a server for `hub`, whose `url` it sets; the caller shuts it down."""

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    served: LoopbackHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        hub = self.served
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        hub.seen.append(Seen(self.command, self.path, self.headers.get("Range"), token))
        path = self.path.partition("?")[0]
        if hub.status:
            self._refuse(hub.status, {})
        elif hub.token is not None and token != hub.token and "/elsewhere/" not in path:
            self._refuse(401, {"X-Error-Message": "Invalid username or password."})
        elif path in (f"/api/models/{hub.repo}", f"/api/models/{hub.repo}/revision/main"):
            self._send(json.dumps(self._info()).encode(), {"Content-Type": "application/json"})
        elif path.startswith(f"/api/models/{hub.repo}/revision/"):
            self._refuse(404, {"X-Error-Code": "RevisionNotFound"})
        elif path == f"/elsewhere/{WEIGHTS}":
            self._weights(hub.files[WEIGHTS], {"ETag": '"not a checksum"'})
        elif path.startswith(f"/{hub.repo}/resolve/"):
            self._file(path.rsplit("/", 1)[-1], with_body=with_body)
        else:
            self._refuse(404, {"X-Error-Code": "RepoNotFound"})

    def _info(self) -> dict[str, Any]:
        hub = self.served
        return {
            "id": hub.repo,
            "sha": COMMIT,
            "cardData": hub.card,
            "gated": "auto" if hub.gated else False,
            "siblings": [
                {"rfilename": name, "size": len(data), "blobId": hub.etag(name)}
                for name, data in hub.files.items()
            ],
        }

    def _file(self, name: str, *, with_body: bool) -> None:
        hub = self.served
        if hub.gated:
            self._refuse(403, {"X-Error-Code": "GatedRepo"})
            return
        if name not in hub.files:
            self._refuse(404, {"X-Error-Code": "EntryNotFound"})
            return
        data = hub.files[name]
        headers = {"ETag": f'"{hub.etag(name)}"', "X-Repo-Commit": COMMIT}
        if name == WEIGHTS and hub.sends_elsewhere:
            self._send_elsewhere(data)
            return
        if not with_body:
            self._send(data, headers, with_body=False)
        elif name != WEIGHTS:
            self._send(data, headers)
        else:
            self._weights(data, headers)

    def _send_elsewhere(self, data: bytes) -> None:
        hub = self.served
        headers = {
            "Location": hub.url.replace("127.0.0.1", "localhost") + f"/elsewhere/{WEIGHTS}",
            "X-Repo-Commit": COMMIT,
            "X-Linked-Etag": f'"{hub.etag(WEIGHTS)}"',
            "X-Linked-Size": str(len(data)),
            "X-Xet-Hash": "5" * 64,
            "X-Xet-Refresh-Route": f"{hub.url}/api/models/{hub.repo}/xet-read-token/{COMMIT}",
        }
        self._refuse(302, headers)

    def _weights(self, data: bytes, headers: dict[str, str]) -> None:
        hub = self.served
        if hub.damaged:
            data = data[:-1] + bytes([data[-1] ^ 1])
        asked = self.headers.get("Range")
        begin = 0 if asked is None or hub.ignores_ranges else int(asked[6:].split("-")[0])
        self.send_response(206 if begin else 200)
        for key, value in headers.items():
            self.send_header(key, value)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        rest = data[begin:]
        if hub.breaks_after:
            self.wfile.write(rest[: hub.breaks_after.pop(0)])
            self.close_connection = True
            return
        self._trickle(rest)

    def _trickle(self, data: bytes) -> None:
        pause = threading.Event()
        try:
            for start in range(0, len(data), 1 << 16):
                self.wfile.write(data[start : start + (1 << 16)])
                if self.served.pause:
                    pause.wait(self.served.pause)
        except OSError:
            self.close_connection = True  # the one who asked has gone

    def _send(self, data: bytes, headers: dict[str, str], *, with_body: bool = True) -> None:
        self.send_response(200)
        for key, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        if with_body:
            self.wfile.write(data)

    def _refuse(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(key, value)
        self.end_headers()


def small_checkpoint(folder: Path) -> dict[str, bytes]:
    """The files of a SegFormer of random weights in transformers' layout, some 0.5 MB."""
    import torch

    from segcore.checkpoints import save_pretrained
    from segcore.classes import ClassTable
    from segcore.models import SegFormer, SegFormerConfig
    from segcore.preprocess import Preprocess

    config = SegFormerConfig(
        widths=(16, 16, 40, 64), depths=(1, 1, 1, 1), decoder_width=32, num_classes=3
    )
    model = SegFormer(config)
    model.initialise(torch.Generator().manual_seed(5))
    classes = ClassTable.from_names(["asphalt", "lawn", "brick"])
    saved = save_pretrained(model, folder, classes, Preprocess(size=(64, 64)))
    files = {
        name: (saved / name).read_bytes()
        for name in ("config.json", "preprocessor_config.json", WEIGHTS)
    }
    card = b"---\nlicense: other\n---\n# A small one\n"
    return {**files, "README.md": card, "tf_model.h5": b"not wanted", ".gitattributes": b""}
