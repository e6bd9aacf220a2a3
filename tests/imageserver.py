"""A server of the test suite's own that speaks OpenAI's images API over real HTTP on loopback.

It makes real pictures, counts usage by the published formula, refuses what the API refuses, and misbehaves on
request: `server.script(answer, answer, …)` gives the next calls' answers, one each; after that it behaves.
"""

from __future__ import annotations

import base64
import contextlib
import email.parser
import email.policy
import gzip
import hashlib
import json
import math
import socket
import threading
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import urlsplit

KEY = "sk-test-imagegen-0123456789abcdefABCDEF"
VERIFY = (
    "Your organization must be verified to use the model `gpt-image-2.5-flare`. Please go to: "
    "https://platform.openai.com/settings/organization/general and click on Verify Organization. "
    "If you just verified, it can take up to 15 minutes for access to propagate."
)
COMMON = {
    "prompt", "model", "n", "size", "quality", "background", "complexity", "output_format",
    "output_compression", "partial_images", "stream", "moderation", "safety_identifier", "frame_count",
    "frame_duration_ms", "svg", "user",
}  # fmt: skip
EDIT_ONLY = {"input_fidelity"}
FACTORS = {
    "gpt-image-2": {"low": 16, "medium": 48, "high": 96, "auto": 96},
    "gpt-image-2.": {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96, "auto": 96},
}
MODELS = (
    "gpt-image-2", "gpt-image-2-2026-04-21", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst",
    "gpt-image-2.5-flare-2026-09-08", "gpt-image-2.5-sunburst-2026-09-08",
    "gpt-image-2.6-flare", "gpt-image-2.6-sunburst", "gpt-image-1.5",
)  # fmt: skip
SHUTDOWN = {"gpt-image-1.5": "2026-12-01"}


@dataclass(frozen=True)
class Upload:
    """A file part of a multipart body."""

    field: str
    filename: str | None
    mime: str
    data: bytes


@dataclass
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    fields: dict[str, object]
    files: list[Upload] = field(default_factory=list)
    body: bytes = b""


@dataclass
class Reply:
    """What the server says: a status, headers, and a body that may be cut, slow or packed."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    length: int | None = None  # what Content-Length claims
    drip: float | None = None  # seconds between single bytes
    delay: float = 0.0  # seconds of work before the first byte; the work is billed
    gate: threading.Event | None = None  # waited for before the first byte
    hang_up: bool = False  # close without a word
    repeat: int = 1  # the body, so many times, without holding it in memory
    billed: bool = False


def error(status, message, *, code=None, kind="invalid_request_error", param=None, headers=None, **more):
    body = {"error": {"message": message, "type": kind, "code": code, "param": param, **more}}
    return Reply(json.dumps(body).encode(), status=status, headers=headers or {})


def wrong_key(key=KEY):
    return error(
        401,
        f"Incorrect API key provided: {key}. You can find your API key at https://platform.openai.com/api-keys.",
        code="invalid_api_key",
    )


def unverified(status=403):
    return error(status, VERIFY)


def moderated(stage="input", categories=("violence",)):
    return error(
        400,
        "Your request was rejected by the safety system.",
        code="moderation_blocked",
        kind="image_generation_user_error",
        moderation_details={"moderation_stage": stage, "categories": list(categories)},
    )


def rate_limited(**headers):
    """`rate_limited(retry_after="3")`, `rate_limited(retry_after_ms="50")`."""
    return error(
        429,
        "Rate limit reached for gpt-image-2 (for limit gpt-image) on input-images per min: Limit 5, Used 5.",
        code="rate_limit_exceeded",
        kind="input-images",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def no_quota():
    return error(
        429, "You exceeded your current quota.", code="insufficient_quota", kind="insufficient_quota"
    )


def server_error(status=500, *, after=0.0, **headers):
    """A 5xx; with `after`, it comes when the work was done."""
    reply = error(
        status,
        "The server had an error while processing your request.",
        code="server_error",
        kind="server_error",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    reply.delay, reply.billed = after, after > 0
    return reply


def html(status=200):
    return Reply(b"<!DOCTYPE html><html><body>gateway</body></html>", status=status, kind="text/html")


def gzip_bomb(unpacked=4_000_000_000):
    """A small body that unpacks to so many zero bytes; made of members, each a hundred megabytes."""
    member = gzip.compress(b"\0" * 100_000_000, 9)
    body = member * max(unpacked // 100_000_000, 1)
    return Reply(body, headers={"Content-Encoding": "gzip"}, billed=True)


def huge(size):
    block = b" " * 1_000_000
    return Reply(block, repeat=size // len(block), billed=True)


def redirect(location, status=307):
    return Reply(status=status, headers={"Location": location})


def rows(*data, usage=None):
    """A JSON answer with these rows as its `data`."""
    body = {"created": 1, "data": list(data), "usage": usage}
    return Reply(json.dumps(body).encode(), billed=True)


def events(*payloads, cut=False):
    """A stream of these events; `cut` ends it in mid-body."""
    body = b"".join(event_bytes(payload) for payload in payloads)
    return Reply(body, kind="text/event-stream", length=len(body) + 1000 if cut else None, billed=True)


def event_bytes(payload):
    if isinstance(payload, bytes):
        return payload
    return f"event: {payload.get('type', 'message')}\ndata: {json.dumps(payload)}\n\n".encode()


def paint(size, output_format="png", *, seed=0, transparent=False):
    """Real bytes of a picture of this size; each seed another one."""
    from PIL import Image

    width, height = (int(side) for side in size.split("x"))
    digest = hashlib.sha256(str(seed).encode()).digest()
    first, second = tuple(digest[:3]), tuple(digest[3:6])
    ramp = Image.linear_gradient("L").resize((width, height))
    picture = Image.composite(Image.new("RGB", ramp.size, first), Image.new("RGB", ramp.size, second), ramp)
    if transparent:
        picture.putalpha(ramp)
    out = BytesIO()
    if output_format == "png":
        picture.save(out, "PNG", compress_level=1)
    elif output_format == "jpeg":
        picture.convert("RGB").save(out, "JPEG")
    elif output_format == "gif":
        picture.convert("P").save(
            out, "GIF", save_all=True, append_images=[picture.convert("P").rotate(180)], duration=200
        )
    else:
        picture.save(out, "WEBP", method=0, lossless=False)
    return out.getvalue()


def output_tokens(model, size, quality):
    """Tokens of one picture by the formula of OpenAI's price calculator."""
    width, height = (int(side) for side in size.split("x"))
    factor = FACTORS["gpt-image-2." if model.startswith("gpt-image-2.") else "gpt-image-2"].get(quality, 96)
    ratio = Decimal(factor) * min(width, height) / max(width, height)
    short = int(ratio.quantize(Decimal(1), ROUND_HALF_EVEN))
    return math.ceil(Decimal(factor * short * (2_000_000 + width * height)) / 4_000_000)


class ImageServer:
    """The server; `with ImageServer() as server:` runs it on a free port.

    Attributes
    ----------
    calls : int
        Requests to the paid endpoints.
    billed : int
        Pictures for which work was done.
    requests : list of Recorded
        Every request, in order.
    pictures : list of bytes
        Every finished picture it made.
    client_left : threading.Event
        Set when a client went away while an answer was being made.
    """

    def __init__(self, *, latency=0.0, key=KEY, host="127.0.0.1"):
        self.latency = latency
        self.key = key
        self.calls = 0
        self.billed = 0
        self.requests = []
        self.pictures = []
        self.client_left = threading.Event()
        self.arrived = threading.Event()
        self.connections = 0
        self._scripted = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._sockets = set()
        owner = self

        class Handler(_Handler):
            server_of_ours = owner

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = False

            def handle_error(self, request, client_address):
                """A client that leaves is no news."""

        self._http = Server((host, 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self):
        host, port = self._http.server_address
        return f"http://{host}:{port}/v1"

    def env(self):
        """The environment variables that send a process here."""
        return {"OPENAI_BASE_URL": self.url, "OPENAI_API_KEY": self.key}

    def script(self, *replies):
        """Answer the next calls with these, one each; None is a proper answer."""
        with self._lock:
            self._scripted.extend(replies)

    @property
    def last(self):
        return self.requests[-1]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stopping.set()
        self._http.shutdown()
        with self._lock:
            open_sockets = list(self._sockets)
        for sock in open_sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._http.server_close()
        self._thread.join()

    # what follows is called by handler threads

    def next_reply(self):
        with self._lock:
            self.calls += 1
            return self._scripted.pop(0) if self._scripted else None

    def bill(self, pictures):
        with self._lock:
            self.billed += pictures

    def new_picture(self, size, output_format, *, transparent):
        with self._lock:
            seed = len(self.pictures)
            self.pictures.append(b"")
        data = paint(size, output_format, seed=seed, transparent=transparent)
        self.pictures[seed] = data
        return data


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_of_ours = None

    def setup(self):
        super().setup()
        with self.server_of_ours._lock:
            self.server_of_ours._sockets.add(self.connection)
            self.server_of_ours.connections += 1

    def finish(self):
        with contextlib.suppress(OSError):
            super().finish()
        with self.server_of_ours._lock:
            self.server_of_ours._sockets.discard(self.connection)

    def log_message(self, *args):
        pass

    def do_GET(self):
        recorded = self._record(b"")
        if not self._authorised(recorded):
            self._send(wrong_key(self._given_key(recorded)))
        elif recorded.path.endswith("/models"):
            listed = [_model(name) for name in MODELS]
            self._send(Reply(json.dumps({"object": "list", "data": listed}).encode()))
        elif (name := recorded.path.rpartition("/models/")[2]) in MODELS:
            self._send(Reply(json.dumps(_model(name)).encode()))
        else:
            self._send(error(404, f"The model '{name}' does not exist", code="model_not_found"))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        recorded = self._record(body)
        owner = self.server_of_ours
        if not recorded.path.endswith(("/images/generations", "/images/edits")):
            self._send(error(404, f"Unknown path {recorded.path}"))
            return
        scripted = owner.next_reply()
        owner.arrived.set()
        if scripted is not None:
            if scripted.billed:
                owner.bill(1)
            self._send(scripted)
            return
        refusal = self._refusal(recorded)
        if refusal is not None:
            self._send(refusal)
            return
        self._draw(recorded)

    # reading

    def _record(self, body):
        parts = urlsplit(self.path)
        fields, files = {}, []
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            fields = json.loads(body)
        elif kind.startswith("multipart/form-data"):
            fields, files = _read_multipart(kind, body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        recorded = Recorded(self.command, parts.path, parts.query, headers, fields, files, body)
        self.server_of_ours.requests.append(recorded)
        return recorded

    def _given_key(self, recorded):
        bearer = recorded.headers.get("authorization", "").removeprefix("Bearer ")
        return bearer or recorded.headers.get("api-key", "")

    def _authorised(self, recorded):
        return self._given_key(recorded) == self.server_of_ours.key

    def _refusal(self, recorded):
        fields = recorded.fields
        editing = recorded.path.endswith("/edits")
        if not self._authorised(recorded):
            return wrong_key(self._given_key(recorded))
        known = COMMON | (EDIT_ONLY if editing else set())
        if not str(fields.get("model")).startswith(("gpt-image-", "chatgpt-image-")):
            known = known | {"response_format"}
        for name in fields:
            if name.partition("[")[0] not in known:
                return error(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
        model = fields.get("model", "")
        if model not in MODELS:
            return error(404, f"The model '{model}' does not exist.", code="model_not_found")
        size = str(fields.get("size") or "auto")
        if size != "auto":
            width, height = (int(side) for side in size.split("x"))
            if width % 16 or height % 16:
                return error(
                    400,
                    f"Invalid size '{size}'. Width and height must both be divisible by 16.",
                    code="invalid_value",
                    param="size",
                )
        if editing and not any(upload.field in {"image", "image[]"} for upload in recorded.files):
            return error(400, "Missing required parameter: 'image'.", code="missing_required_parameter")
        return None

    # answering

    def _draw(self, recorded):
        fields = recorded.fields
        owner = self.server_of_ours
        n = int(fields.get("n") or 1)
        model = str(fields["model"])
        size = str(fields.get("size") or "auto").replace("auto", "1024x1024")
        quality = str(fields.get("quality") or "auto").replace("auto", "high")
        output_format = str(fields.get("output_format") or "png")
        transparent = fields.get("background") == "transparent"
        images = sum(upload.field in {"image", "image[]"} for upload in recorded.files)
        text_tokens = 6 + len(str(fields["prompt"]).split()) * 2 + 16 * images
        partials = int(fields.get("partial_images") or 0)
        streaming = str(fields.get("stream") or "").lower() == "true"
        one = output_tokens(model, size, quality)
        owner.bill(n)
        if self._leaves_within(owner.latency):
            return
        about = {
            "background": "transparent" if transparent else "opaque",
            "output_format": output_format,
            "quality": quality,
            "size": size,
            "created_at": 1,
        }

        def usage(pictures, partial_pictures):
            out = one * pictures + 100 * partial_pictures
            return {
                "input_tokens": text_tokens + 1024 * images,
                "input_tokens_details": {"image_tokens": 1024 * images, "text_tokens": text_tokens},
                "output_tokens": out,
                "output_tokens_details": {"image_tokens": out, "text_tokens": 0},
                "total_tokens": text_tokens + 1024 * images + out,
            }

        def picture():
            data = owner.new_picture(size, output_format, transparent=transparent)
            return base64.b64encode(data).decode()

        if not streaming:
            data = [{"b64_json": picture()} for _ in range(n)]
            body = {**about, "created": 1, "data": data, "usage": usage(n, 0)}
            self._send(Reply(json.dumps(body).encode()))
            return
        family = "image_edit" if recorded.path.endswith("/edits") else "image_generation"
        payloads = [{"type": "keepalive"}]
        for drawing in range(n):
            for index in range(partials):
                draft = paint(size, output_format, seed=f"{drawing}-{index}", transparent=transparent)
                payloads.append(
                    {
                        **about,
                        "type": f"{family}.partial_image",
                        "partial_image_index": index,
                        "b64_json": base64.b64encode(draft).decode(),
                    }
                )
            payloads.append(
                {
                    **about,
                    "type": f"{family}.completed",
                    "b64_json": picture(),
                    "usage": usage(1, partials),
                }
            )
        self._send(events(*payloads))

    def _leaves_within(self, seconds):
        """Wait so long; True when the client went away meanwhile."""
        owner = self.server_of_ours
        waited = 0.0
        while waited < seconds and not owner._stopping.is_set():
            if self._client_is_gone():
                owner.client_left.set()
                return True
            owner._stopping.wait(min(0.02, seconds - waited))
            waited += 0.02
        return owner._stopping.is_set()

    def _client_is_gone(self):
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.connection.setblocking(True)

    def _send(self, reply):
        owner = self.server_of_ours
        if reply.gate is not None:
            while not reply.gate.wait(0.02):
                if self._leaves_within(0.01):
                    self.close_connection = True
                    return
        if self._leaves_within(reply.delay):
            self.close_connection = True
            return
        if reply.hang_up:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            length = len(reply.body) * reply.repeat if reply.length is None else reply.length
            self.send_header("Content-Length", str(length))
            self.send_header("x-request-id", f"req_{len(owner.requests):04}")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._send_body(reply)
        except OSError:
            owner.client_left.set()
            self.close_connection = True
            return
        if length != len(reply.body) * reply.repeat:
            self.close_connection = True

    def _send_body(self, reply):
        if reply.drip is not None:
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                if self._leaves_within(reply.drip):
                    self.close_connection = True
                    return
            return
        for _ in range(reply.repeat):
            self.wfile.write(reply.body)


def _model(name):
    return {
        "id": name,
        "object": "model",
        "created": 1,
        "owned_by": "system",
        "shutdown_date": SHUTDOWN.get(name),
    }


def _read_multipart(kind, body):
    """Fields and files of a multipart body; empty fields count as absent."""
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields, files = {}, []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        filename = part.get_filename()
        if filename is not None:
            files.append(Upload(name, filename, part.get_content_type(), data))
        elif data:
            fields[name] = data.decode()
    return fields, files
