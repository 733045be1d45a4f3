"""A page in a headless browser that is asked line by line: it fetches requests from a server here and posts answers."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import secrets
import shutil
import subprocess
import tempfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from losskit.export.runtimes.channel import PATIENCE
from losskit.spec.errors import ExportError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
VARIABLE = "LOSSKIT_BROWSER"
_TYPES = {".html": "text/html", ".mjs": "text/javascript", ".wasm": "application/wasm"}
_POLL = 20.0  # seconds after which the page asks again


def find_browser() -> str | None:
    """A browser of the Chromium family: the one the environment names, or the first on the path."""
    named = os.environ.get(VARIABLE)
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A page that answers requests; the browser ends with this process.

    Args:
        browser: program to start.
        pages: folders in which the page's files are looked for, by the prefix of their paths.
        patience: seconds to wait for an answer before the browser is killed.
    """

    def __init__(self, browser: str, pages: dict[str, Path], patience: float = PATIENCE) -> None:
        self._patience = patience
        self._requests: queue.Queue[str] = queue.Queue()
        self._answers: queue.Queue[str] = queue.Queue()
        secret = f"/{secrets.token_urlsafe(16)}/"  # another process of this machine cannot guess where to ask
        handler = partial(_Handler, secret, pages, self._requests, self._answers)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._profile = tempfile.TemporaryDirectory(prefix="losskit-", ignore_cleanup_errors=True)
        flags = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")  # the sandbox refuses to run as root, as in containers
        address = f"http://127.0.0.1:{self._server.server_address[1]}{secret}web.html"
        try:
            self._process = subprocess.Popen(
                [browser, *flags, f"--user-data-dir={self._profile.name}", address],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            self._server.shutdown()
            raise ExportError(f"{browser} cannot be started: {error}") from error
        atexit.register(self.close)

    @property
    def alive(self) -> bool:
        """Whether it may be asked again."""
        return self._process.poll() is None

    def ask(self, line: str) -> str:
        """Send one request, get one answer.

        Raises:
            ExportError: the browser ended or the page did not answer in time; the browser is gone then.
        """
        self._requests.put(line)
        try:
            return self._answers.get(timeout=self._patience)
        except queue.Empty:
            ended = self._process.poll()
            self.close()
            what = f"ended with status {ended}" if ended is not None else f"gave no answer within {self._patience:g} s"
            raise ExportError(f"the browser {what}") from None

    def close(self) -> None:
        """End the browser and the server."""
        atexit.unregister(self.close)
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        self._profile.cleanup()


class _Handler(BaseHTTPRequestHandler):
    def __init__(
        self,
        secret: str,
        pages: dict[str, Path],
        requests: queue.Queue[str],
        answers: queue.Queue[str],
        *rest: object,
    ) -> None:
        self._secret, self._pages, self._requests, self._answers = secret, pages, requests, answers
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.removeprefix(self._secret)
        if path == self.path:
            self._reply(404)
        elif path == "request":
            self._next_request()
        else:
            file = self._find(path)
            if file is None:
                self._reply(404)
            else:
                self._reply(200, file.read_bytes(), _TYPES[file.suffix])

    def do_POST(self) -> None:
        if self.path != f"{self._secret}answer":
            self._reply(404)
            return
        self._answers.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._reply(204)

    def log_message(self, *_: object) -> None:
        """Say nothing: what goes wrong is told to who asked."""

    def _next_request(self) -> None:
        try:
            self._reply(200, self._requests.get(timeout=_POLL).encode(), "application/json")
        except queue.Empty:
            self._reply(204)

    def _find(self, path: str) -> Path | None:
        prefix, _, name = path.rpartition("/")
        folder = self._pages.get(prefix)
        file = folder / name if folder is not None else None
        return file if file is not None and file.suffix in _TYPES and file.is_file() else None

    def _reply(self, status: int, content: bytes = b"", kind: str = "text/plain") -> None:
        with contextlib.suppress(ConnectionError):  # the browser is gone
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
