"""A paid picture is read however a server writes it: spellings of base64, shapes of JSON, and broken framing."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import struct
import threading
import time
from urllib.parse import quote

import pytest
from imageserver import Reply, events, paint, rows

from jupyter_imagegen.core.request import CallOptions
from jupyter_imagegen.errors import BadAnswerError
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Sending, Unread

BYTES = paint("64x48")
PICTURE = base64.b64encode(BYTES).decode()
OTHER_BYTES = paint("64x48", seed=2)
OTHER = base64.b64encode(OTHER_BYTES).decode()
JPEG_BYTES = paint("64x48", "jpeg")
JPEG = base64.b64encode(JPEG_BYTES).decode()
USAGE = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}
DATA = f"data:image/png;base64,{PICTURE}"
COMPLETED = {"type": "image_generation.completed", "b64_json": PICTURE, "usage": USAGE}
PARTIAL = {"type": "image_generation.partial_image", "b64_json": OTHER, "partial_image_index": 0}


def read(provider, body, n=1, media_type="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(provider.read(data, media_type=media_type, n=n))


def drawn(seen):
    return [event.data for event in seen if isinstance(event, Drawn)]


def lines(text, width, end):
    return end.join(text[i : i + width] for i in range(0, len(text), width))


SPELLINGS = {
    "plain": PICTURE,
    "data address": DATA,
    "data address in capitals with parameters": f"DATA:Image/PNG;charset=utf-8;name=a.png;BASE64,{PICTURE}",
    "data address without a kind": f"data:;base64,{PICTURE}",
    "data address that forgot base64": f"data:image/png,{PICTURE}",
    "data address twice": f"data:image/png;base64,{DATA}",
    "data address, percent-encoded": f"data:image/png;base64,{quote(PICTURE, safe='')}",
    "data address without data": f"image/png;base64,{PICTURE}",
    "only base64,": f"base64,{PICTURE}",
    "lines of 76": lines(PICTURE, 76, "\n"),
    "lines of 64 with returns": lines(PICTURE, 64, "\r\n") + "\r\n",
    "lines, indented": "\n    " + lines(PICTURE, 60, "\n    "),
    "blanks between": lines(PICTURE, 76, " "),
    "line ends escaped twice": lines(PICTURE, 76, "\\n"),
    "slashes escaped twice": PICTURE.replace("/", "\\/"),
    "letters escaped twice": PICTURE.replace("+", "\\u002b").replace("=", "\\u003d"),
    "the alphabet of addresses": PICTURE.replace("+", "-").replace("/", "_"),
    "no padding": PICTURE.rstrip("="),
    "the alphabet of addresses, no padding": PICTURE.replace("+", "-").replace("/", "_").rstrip("="),
    "too much padding": PICTURE + "====",
    "percent-encoded": quote(PICTURE, safe=""),
    "entities": PICTURE.replace("+", "&#43;").replace("=", "&#x3D;"),
    "a plus that became a blank": PICTURE.replace("+", " "),
    "Python's repr": repr(PICTURE.encode()),
    "quoted once more": f'"{PICTURE}"',
    "base64 of base64": base64.b64encode(PICTURE.encode()).decode(),
    "in pieces, each padded": base64.b64encode(BYTES[:100]).decode() + base64.b64encode(BYTES[100:]).decode(),
    "a byte order mark": "\ufeff" + PICTURE,
    "hexadecimal": BYTES.hex(),
    "hexadecimal, as PostgreSQL writes it": "\\x" + BYTES.hex(),
    "packed by gzip": base64.b64encode(gzip.compress(BYTES)).decode(),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_of_base64_that_loses_nothing_is_read(provider, name):
    seen = read(provider, {"data": [{"b64_json": SPELLINGS[name]}], "usage": USAGE})
    assert drawn(seen) == [BYTES]
    assert isinstance(seen[-1], Answered)
    assert (len(seen), seen[-1].usage.image_output) == (2, 196)


@pytest.mark.parametrize(
    "text", [PICTURE[:-5] + "é" + PICTURE[-4:], PICTURE[:-5] + "#" + PICTURE[-4:], "#" * 99]
)
def test_a_text_with_a_letter_that_base64_does_not_have_is_kept_and_not_guessed(provider, text):
    (unread,) = read(provider, {"data": [{"b64_json": text}]})
    assert isinstance(unread, Unread)
    assert "not valid base64" in unread.reason


SHAPES = {
    "data as an object": {"data": {"b64_json": PICTURE}},
    "a url that is a data: address": {"data": [{"url": DATA, "b64_json": None}]},
    "the same in both": {"data": [{"url": DATA, "b64_json": PICTURE}]},
    "images of texts": {"images": [PICTURE]},
    "images of data: addresses": {"images": [DATA]},
    "images of objects": {"images": [{"url": DATA, "content_type": "image/png"}]},
    "artifacts": {"artifacts": [{"base64": PICTURE, "seed": 1, "finishReason": "SUCCESS"}]},
    "output as a text": {"output": DATA},
    "output as a list": {"status": "succeeded", "output": [DATA]},
    "predictions": {"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": PICTURE}]},
    "result": {"result": {"image": PICTURE}, "success": True, "errors": [], "messages": []},
    "result as a text": {"result": PICTURE},
    "image": {"image": PICTURE},
    "image_base64": {"image_base64": PICTURE},
    "b64": {"data": [{"b64": PICTURE}]},
    "bytes": {"data": [{"bytes": PICTURE}]},
    "camel case": {"images": [{"b64Json": PICTURE}]},
    "image_url": {"data": [{"image_url": {"url": DATA}}]},
    "a list at the top": [{"b64_json": PICTURE}],
    "one level deeper": {"code": 0, "msg": "success", "data": {"data": [{"b64_json": PICTURE}]}},
    "under response": {"response": {"data": [{"b64_json": PICTURE}]}},
    "under result and images": {"result": {"images": [{"image": PICTURE}]}},
    "Gemini": {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "Here:"}, {"inlineData": {"data": PICTURE}}]}}
        ]
    },
    "Gemini with a draft": {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"thought": True, "inlineData": {"data": OTHER}},
                        {"inline_data": {"mime_type": "image/png", "data": PICTURE}},
                    ]
                }
            }
        ]
    },
    "Responses": {"output": [{"type": "image_generation_call", "status": "completed", "result": PICTURE}]},
    "chat with images": {
        "choices": [
            {
                "message": {
                    "role": "assistant",
                    "content": "Here it is",
                    "images": [{"type": "image_url", "image_url": {"url": DATA}}],
                }
            }
        ]
    },
    "chat with Markdown": {"choices": [{"message": {"content": f"Here:\n\n![a red square]({DATA})\n"}}]},
    "chat with parts": {
        "choices": [{"message": {"content": [{"type": "image_url", "image_url": {"url": DATA}}]}}]
    },
    "JSON in a text of JSON": json.dumps({"data": [{"b64_json": PICTURE}]}),
    "JSON in a field": {"body": json.dumps({"data": [{"b64_json": PICTURE}]})},
    "a Buffer of Node": {"image": {"type": "Buffer", "data": list(BYTES)}},
    "inputs that come back": {
        "data": [{"b64_json": PICTURE}],
        "input": {"image": OTHER},
        "request": {"image": OTHER},
        "init_images": [OTHER],
        "mask": OTHER,
        "parameters": {"init_images": [OTHER]},
        "thumbnail": OTHER,
    },
    "an input that comes back under its own name": {"image": OTHER, "data": [{"b64_json": PICTURE}]},
    "an input that comes back in a list of its own": {"images": [OTHER], "data": [{"url": DATA}]},
    "small copies first": {"data": [{"small": OTHER, "b64_thumb": OTHER, "b64_json": PICTURE}]},
    "error: null": {"error": None, "data": [{"b64_json": PICTURE}]},
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_of_json_is_read(provider, name):
    body = SHAPES[name]
    if isinstance(body, dict):
        body = {**body, "usage": USAGE}
    seen = read(provider, body)
    assert drawn(seen) == [BYTES]
    assert not any(isinstance(event, Unread) for event in seen)
    if isinstance(body, dict):
        assert seen[-1].usage.image_output == 196
        assert seen[-1].warning == (
            "" if "comes back" not in name else "1 picture was requested and 2 arrived; the first is kept"
        )


@pytest.mark.parametrize(
    "body",
    [
        {"input": {"image": PICTURE}},
        {"mask": PICTURE, "prompt": PICTURE},
        {"init_image": DATA, "data": []},
        {"choices": [{"message": {"role": "user", "content": DATA}}]},
        {"partial_image_b64": PICTURE},
        {"type": "image_generation.partial_image", "b64_json": PICTURE, "partial_image_index": 0},
        {"preview": DATA},
    ],
)
def test_what_we_sent_and_what_is_unfinished_is_no_result(provider, body):
    (unread,) = read(provider, body)
    assert isinstance(unread, Unread)


def test_several_pictures_come_in_their_order_and_each_once(provider):
    body = {"images": [PICTURE, JPEG], "data": [{"b64_json": PICTURE}, {"b64_json": JPEG}]}
    assert drawn(read(provider, body, n=2)) == [BYTES, JPEG_BYTES]


def test_a_small_copy_beside_a_picture_is_not_a_second_one(provider):
    body = {"data": [{"b64_json": PICTURE, "small": OTHER}]}
    assert drawn(read(provider, body, n=2)) == [BYTES]


def test_pictures_of_one_list_keep_their_order_whatever_their_spelling(provider):
    body = {"data": [{"url": f"data:image/jpeg;base64,{JPEG}"}, {"b64_json": PICTURE}]}
    assert drawn(read(provider, body, n=2)) == [JPEG_BYTES, BYTES]


@pytest.mark.parametrize("place", ["image", "source", "images"])
async def test_a_picture_that_we_sent_is_no_result_where_another_is(
    provider, image_server, ask_edit, collect, place
):
    request = ask_edit()
    sent = base64.b64encode(request.images[0].data).decode()
    body = {place: sent, "result": {"image": PICTURE}, "usage": USAGE}
    image_server.script(Reply(json.dumps(body).encode()), Reply(json.dumps({"image": sent}).encode()))
    assert drawn(await collect(provider, request, n=2)) == [BYTES]
    # An edit that changed nothing is what was paid for.
    assert drawn(await collect(provider, request)) == [request.images[0].data]


@pytest.mark.parametrize("status", [400, 429, 500, 502])
async def test_a_picture_under_a_status_that_says_it_failed_is_kept(
    provider, image_server, ask, collect, status
):
    body = {"error": {"message": "upstream closed"}, "data": [{"b64_json": PICTURE}], "usage": USAGE}
    image_server.script(Reply(json.dumps(body).encode(), status=status))
    seen = await collect(provider, ask())
    assert [type(event) for event in seen] == [Sending, Drawn, Answered]
    assert seen[-1].usage.image_output == 196
    assert "upstream closed" in seen[-1].warning


def test_usage_in_digits_between_quotes_is_usage(provider):
    body = {"data": [{"b64_json": PICTURE}], "usage": {name: str(count) for name, count in USAGE.items()}}
    assert read(provider, body)[-1].usage.image_output == 196


JSON = json.dumps({"data": [{"b64_json": PICTURE}], "usage": USAGE}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + JSON,
        b"\n\n   \r\n" + JSON,
        JSON + b"\n",
        JSON + b"\n0\r\n\r\n",
        JSON + b"<!-- served by proxy-7 -->",
        b")]}',\n" + JSON,
        b"callback(" + JSON + b");",
        json.dumps(json.loads(JSON), indent=2).encode(),
        json.dumps(json.loads(JSON), indent=2).replace("\n", "\r\n").encode(),
        json.dumps(json.loads(JSON)).encode("utf-16"),
        JSON.replace(b"\\n", b"\n"),
        JSON.replace(PICTURE.encode(), lines(PICTURE, 76, "\n").encode()),
        json.dumps({"data": [{"b64_json": PICTURE, "revised_prompt": "caf#"}], "usage": USAGE})
        .encode()
        .replace(b"#", b"\xe9"),
    ],
    ids=[
        "byte order mark", "blank lines first", "a line end last", "a chunk's end last", "a comment last",
        "a guard first", "a callback", "over many lines", "with returns", "UTF-16", "escapes", "bare line ends", "Latin-1",
    ],
)  # fmt: skip
def test_json_is_read_whatever_is_around_it(provider, body):
    seen = read(provider, body)
    assert drawn(seen) == [BYTES]
    assert seen[-1].usage.image_output == 196


def test_a_picture_that_is_the_whole_answer_is_the_picture(provider):
    for data, media_type in ((BYTES, "image/png"), (JPEG_BYTES, ""), (b"<svg xmlns='x'/>", "image/svg+xml")):
        assert drawn(read(provider, data, media_type=media_type)) == [data]


def test_a_picture_that_is_whole_in_json_that_was_cut_is_read_and_its_usage_is_not_guessed(provider):
    body = json.dumps({"data": [{"b64_json": PICTURE}], "usage": USAGE})[:-5].encode()
    seen = read(provider, body)
    assert drawn(seen) == [BYTES]
    assert seen[-1].usage is None


@pytest.mark.parametrize(
    "body",
    [
        repr({"data": [{"b64_json": PICTURE}]}),
        json.dumps({"data": [{"b64_json": PICTURE}]}).replace("}]}", "},]}"),
        "{data: [{b64_json: '" + PICTURE + "'}]}",
        PICTURE,
        DATA,
        json.dumps(PICTURE),
    ],
    ids=["a dict of Python", "a comma too many", "JavaScript", "base64 alone", "an address alone", "a text"],
)
def test_a_picture_in_what_is_not_quite_json_is_read(provider, body):
    assert drawn(read(provider, body.encode(), media_type="text/plain")) == [BYTES]


def test_a_page_is_no_answer_although_a_picture_is_in_it(provider):
    (unread,) = read(provider, f'<html><img src="{DATA}"></html>'.encode(), media_type="text/html")
    assert isinstance(unread, Unread)


def test_an_error_beside_a_picture_is_a_warning(provider):
    assert drawn(read(provider, {"data": [{"b64_json": PICTURE}], "error": {"message": "slow"}})) == [BYTES]


async def test_the_error_beside_a_picture_is_told(provider, image_server, ask, collect):
    body = {"data": [{"b64_json": PICTURE}], "usage": USAGE, "error": {"message": "the second one failed"}}
    image_server.script(Reply(json.dumps(body).encode()))
    seen = await collect(provider, ask())
    assert [type(event) for event in seen] == [Sending, Drawn, Answered]
    assert "the second one failed" in seen[-1].warning
    assert seen[-1].usage.image_output == 196


async def test_usage_beside_an_error_is_told_before_it(provider, image_server, ask, fail):
    body = {"error": {"message": "drawn and then lost", "type": "server_error"}, "usage": USAGE}
    image_server.script(Reply(json.dumps(body).encode()))
    seen, error = await fail(provider, ask())
    assert [type(event) for event in seen] == [Sending, Unread, Answered]
    assert seen[-1].usage.image_output == 196
    assert "drawn and then lost" in str(error)


# Addresses


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"url": "https://pictures.example/abc123.png"}, "https://pictures.example/abc123.png"),
        ({"url": "/data/image/abc123.jpg", "b64_json": None}, "/data/image/abc123.jpg"),
        ({"b64_json": "https://pictures.example/abc123.png"}, "https://pictures.example/abc123.png"),
        ({"image_url": {"url": "//pictures.example/1"}}, "//pictures.example/1"),
        ({"gcsUri": "gs://bucket/1.png"}, "gs://bucket/1.png"),
        ({"text": "![a](https://pictures.example/1?k=v)"}, "https://pictures.example/1"),
    ],
)
async def test_an_address_is_told_and_not_fetched(provider, image_server, ask, fail, row, shown):
    image_server.script(rows(row, usage=USAGE))
    seen, error = await fail(provider, ask())
    assert type(error) is BadAnswerError
    assert shown in str(error)
    assert "not fetched" in str(error)
    assert [type(event) for event in seen] == [Sending, Unread, Answered]
    assert seen[1].addresses[0].startswith(shown)
    assert len(image_server.requests) == 1


async def test_what_an_address_keeps_secret_is_not_shown_and_is_in_what_is_kept(
    provider, image_server, ask, fail
):
    address = "https://me:hunter2@pictures.example/abc.png?sig=s3cr3t#part"
    image_server.script(rows({"url": address}))
    seen, error = await fail(provider, ask())
    assert "https://pictures.example/abc.png (its query is left out)" in str(error)
    for secret in ("hunter2", "s3cr3t"):
        assert secret not in str(error) + seen[1].reason + str(seen[1].addresses)
        assert secret in seen[1].data.decode()


# Framing


class RawServer:
    """Sends given bytes after each request, and then closes, resets or stays."""

    def __init__(self, monkeypatch):
        self._door = socket.create_server(("127.0.0.1", 0))
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{self._door.getsockname()[1]}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0000")
        self.wire, self.then = b"", "close"
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            with line:
                got = b""
                while b"\r\n\r\n" not in got:
                    got += line.recv(65536)
                line.sendall(self.wire)
                if self.then == "stay":
                    self.over.wait(30)
                elif self.then == "reset":
                    # Time for what was sent to arrive: a reset throws away what waits in the buffers.
                    time.sleep(0.1)
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self):
        self.over.set()
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()


@pytest.fixture
def raw_server(provider, monkeypatch):
    server = RawServer(monkeypatch)
    yield server
    server.close()


def head(kind="application/json", *lines):
    return "\r\n".join(["HTTP/1.1 200 OK", f"content-type: {kind}", *lines, "", ""]).encode()


CHUNKED = "transfer-encoding: chunked"
CHUNK = f"{len(JSON):x}\r\n".encode() + JSON + b"\r\n"


@pytest.mark.parametrize(
    ("wire", "then"),
    [
        (head("application/json", CHUNKED) + CHUNK, "close"),
        (head("application/json", CHUNKED) + CHUNK + b"20\r\n", "close"),
        (head("application/json", CHUNKED) + CHUNK + b"no chunk", "close"),
        (head("application/json", f"content-length: {len(JSON) + 2}") + JSON, "close"),
        (head("application/json", f"content-length: {len(JSON) + 2}") + JSON, "reset"),
        (head("application/json", CHUNKED) + CHUNK, "reset"),
    ],
    ids=["no last chunk", "a chunk that never came", "no chunk", "length", "length, reset", "chunked, reset"],
)
async def test_a_whole_answer_in_a_broken_frame_is_kept_with_a_warning(
    provider, raw_server, ask, collect, wire, then
):
    raw_server.wire, raw_server.then = wire, then
    seen = await collect(provider, ask())
    assert drawn(seen) == [BYTES]
    assert seen[-1].usage.image_output == 196
    assert "the connection broke" in seen[-1].warning


@pytest.mark.parametrize(
    ("indent", "line"), [(None, CHUNKED), (2, "content-length: 999999"), (2, "x-nothing: 1")]
)
async def test_a_whole_answer_is_not_waited_on(provider, raw_server, ask, collect, indent, line):
    body = json.dumps(json.loads(JSON), indent=indent).encode()
    chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n" if line == CHUNKED else body
    raw_server.wire, raw_server.then = head("application/json", line) + chunk, "stay"
    started = time.monotonic()
    seen = await collect(provider, ask(), timeout=30)
    assert drawn(seen) == [BYTES]
    assert time.monotonic() - started < 5


async def test_a_cut_answer_is_kept_as_far_as_it_came(provider, raw_server, ask, fail):
    raw_server.wire = head("application/json", f"content-length: {len(JSON)}") + JSON[:-200]
    seen, error = await fail(provider, ask())
    assert [type(event) for event in seen] == [Sending, Unread]
    assert seen[1].data == JSON[:-200]
    assert "the connection" in str(error)


async def test_a_refusal_in_a_broken_frame_tells_its_reason(provider, raw_server, ask, fail):
    body = b'{"error": {"message": "size must be a multiple of 16"}}'
    raw_server.wire = (
        head("application/json", f"content-length: {len(body) + 9}").replace(b"200 OK", b"400 No") + body
    )
    _, error = await fail(provider, ask())
    assert "size must be a multiple of 16" in str(error)
    assert error.billed == "no"


# Streams


def sse(*payloads, end="\n"):
    return "".join(f"data: {json.dumps(payload)}{end}{end}" for payload in payloads).encode()


def named(name, payload, end="\n"):
    payload = {key: value for key, value in payload.items() if key != "type"}
    return f"event: {name}{end}data: {json.dumps(payload)}{end}{end}".encode()


ANSWER = {"created": 1, "data": [{"b64_json": PICTURE}], "usage": USAGE}
RESPONSE = {
    "type": "response.completed",
    "response": {"output": [{"type": "image_generation_call", "result": PICTURE}], "usage": USAGE},
}
ITEM = {"type": "response.output_item.done", "item": {"type": "image_generation_call", "result": PICTURE}}
PARTIAL_ITEM = {"type": "response.image_generation_call.partial_image", "partial_image_b64": OTHER}
COMPLETED_TEXT = json.dumps(COMPLETED)

STREAMS = {
    "as OpenAI": sse(PARTIAL, COMPLETED),
    "no blank line last": sse(COMPLETED)[:-1],
    "no line end last": sse(COMPLETED)[:-2],
    "returns and line feeds": sse(PARTIAL, COMPLETED, end="\r\n"),
    "returns only": sse(PARTIAL, COMPLETED, end="\r"),
    "no blank lines": sse(PARTIAL, COMPLETED).replace(b"\n\n", b"\n"),
    "type in its event line": named("image_generation.completed", COMPLETED),
    "type in an event line after": b"data: "
    + json.dumps({"b64_json": PICTURE, "usage": USAGE}).encode()
    + b"\nevent: image_generation.completed\n\n",
    "comments and pings": b": OPENROUTER PROCESSING\n\nevent: ping\ndata:\n\ndata: {}\n\nevent: heartbeat\n\nretry: 5\n\n"
    + sse({"type": "keepalive"}, {"type": "ping"}, PARTIAL, COMPLETED),
    "DONE": sse(COMPLETED) + b"data: [DONE]\n\n",
    "no blank after data:": sse(COMPLETED).replace(b"data: ", b"data:"),
    "data over several lines": "".join(
        f"data: {line}\n" for line in json.dumps(COMPLETED, indent=1).splitlines()
    ).encode()
    + b"\n",
    "JSON over several lines": b"data: " + json.dumps(COMPLETED, indent=1).encode() + b"\n\n",
    "a whole answer as an event": sse(ANSWER),
    "a whole answer as a completed event": named("image_generation.completed", ANSWER),
    "data[] in completed": sse({"type": "image_generation.completed", "data": [{"b64_json": PICTURE}], "usage": USAGE}),
    "event and data in one": sse({"event": "image_generation.completed", "data": {"b64_json": PICTURE}, "usage": USAGE}),
    "no type": sse({"b64_json": PICTURE, "usage": USAGE}),
    "an edit's": sse({**COMPLETED, "type": "image_edit.completed"}),
    "final": sse({"type": "partial", "data": {"b64_json": OTHER}}, {"type": "final", "data": {"b64_json": PICTURE}, "usage": USAGE}),
    "Responses": sse(PARTIAL_ITEM, {"type": "response.image_generation_call.completed"}, ITEM, RESPONSE),
    "Responses, the end alone": sse(PARTIAL_ITEM, RESPONSE),
    "chat": sse({"object": "chat.completion.chunk", "choices": [{"delta": {"images": [{"image_url": {"url": DATA}}]}}]}, {"choices": [], "usage": USAGE})
    + b"data: [DONE]\n\n",
    "lines of JSON": f"{json.dumps(PARTIAL)}\n{COMPLETED_TEXT}\n".encode(),
    "lines of JSON, progress first": f'{{"done": false, "completed": 1}}\n{{"image": "{PICTURE}", "done": true, "usage": {json.dumps(USAGE)}}}'.encode(),
    "a list of events": json.dumps([PARTIAL, COMPLETED]).encode(),
    "JSON": json.dumps(ANSWER).encode(),
    "JSON after a comment": b": keepalive\n\n: keepalive\n\n" + json.dumps(ANSWER).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + sse(COMPLETED),
    "chat that says it stops": sse(
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"images": [{"type": "image_url", "image_url": {"url": DATA}}]}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE},
    )
    + b"data: [DONE]\n\n",
    "chat, Markdown in pieces": sse(
        *(
            {"choices": [{"delta": {"content": piece}}]}
            for piece in ("Here: ![a", "](data:image/png;base64,", PICTURE[:99], PICTURE[99:], ")\n")
        ),
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE},
    ),
    "each finished, then the usage of all": sse(
        {"type": "image_generation.partial_succeeded", "image_index": 0, "b64_json": PICTURE},
        {"type": "image_generation.completed", "usage": USAGE},
    ),
    "base64 as it is": f"event: image\ndata: {PICTURE}\n\n".encode() + sse({"type": "done", "usage": USAGE}),
    "a data: address as it is": f"event: output\ndata: {DATA}\n\n".encode() + sse({"type": "done", "usage": USAGE}),
    "the same with more to come": sse(COMPLETED) + b"data: {\n\n",
}  # fmt: skip


KINDS = ("text/event-stream", "application/json", "text/plain", "")


@pytest.mark.parametrize(("name", "kind"), [(name, KINDS[i % 4]) for i, name in enumerate(STREAMS)])
async def test_every_form_of_a_stream_gives_its_finished_picture(
    provider, image_server, ask, collect, name, kind
):
    image_server.script(Reply(STREAMS[name], kind=kind))
    seen = await collect(provider, ask(), partial_images=1)
    assert drawn(seen) == [BYTES]
    assert all(event.data == OTHER_BYTES for event in seen if isinstance(event, Partial))
    assert isinstance(seen[-1], Answered)
    assert seen[-1].usage.image_output == 196
    assert seen[-1].warning == ""


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_read_the_same_in_whatever_pieces_it_comes(provider, name):
    from jupyter_imagegen.providers.openai.answers import Reading
    from jupyter_imagegen.providers.untrusted import Redactor

    for size in (1, 7, 1000):
        reading = Reading(n=1, redactor=Redactor())
        body = STREAMS[name]
        came = [event for i in range(0, len(body), size) for event in reading.feed(body[i : i + size])]
        came += reading.finish()
        assert drawn(came) == [BYTES]


async def test_a_stream_that_was_not_asked_for_is_read(provider, image_server, ask, collect):
    image_server.script(events(PARTIAL, COMPLETED))
    seen = await collect(provider, ask())
    assert drawn(seen) == [BYTES]


async def test_pictures_without_a_name_come_at_the_end_of_the_stream_and_the_last_counts(
    provider, image_server, ask, collect
):
    image_server.script(Reply(sse({"b64_json": OTHER}, {"b64_json": PICTURE}), kind="text/event-stream"))
    assert drawn(await collect(provider, ask(), partial_images=1)) == [BYTES]


async def test_a_stream_is_done_when_its_last_picture_is_there(provider, raw_server, ask, collect):
    raw_server.wire = head("text/event-stream") + sse(PARTIAL, COMPLETED, {**COMPLETED, "b64_json": OTHER})
    raw_server.then = "stay"
    started = time.monotonic()
    seen = await collect(provider, ask(), n=2, partial_images=1, timeout=30)
    assert drawn(seen) == [BYTES, OTHER_BYTES]
    assert seen[-1].usage.image_output == 392
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "body",
    [
        sse(COMPLETED).rstrip(b"\n"),
        named("image_generation.completed", COMPLETED).rstrip(b"\n"),
        STREAMS["chat that says it stops"].removesuffix(b"data: [DONE]\n\n"),
        STREAMS["chat that says it stops"],
    ],
    ids=["no line end", "no line end after its name", "chat", "chat, [DONE]"],
)
async def test_a_stream_that_stays_open_is_done_when_it_says_so(provider, raw_server, ask, collect, body):
    raw_server.wire = head("text/event-stream") + body
    raw_server.then = "stay"
    started = time.monotonic()
    seen = await collect(provider, ask(), partial_images=1, timeout=30)
    assert drawn(seen) == [BYTES]
    assert seen[-1].usage.image_output == 196
    assert time.monotonic() - started < 5


async def test_an_answer_that_is_only_a_data_address_is_its_picture(provider, image_server, ask, collect):
    image_server.script(Reply(DATA.encode(), kind="text/plain"))
    assert drawn(await collect(provider, ask())) == [BYTES]


async def test_an_address_that_chat_writes_in_pieces_is_told(provider, image_server, ask, fail):
    pieces = ({"choices": [{"delta": {"content": p}}]} for p in ("![a](https://pictures.ex", "ample/a.png)"))
    image_server.script(Reply(sse(*pieces) + b"data: [DONE]\n\n", kind="text/event-stream"))
    _, error = await fail(provider, ask(), partial_images=1)
    assert "https://pictures.example/a.png" in str(error)


@pytest.mark.parametrize("cut", [1, 2, 30, 70])
async def test_a_finished_picture_in_a_stream_that_broke_off_is_kept(provider, raw_server, ask, collect, cut):
    raw_server.wire = head("text/event-stream", "content-length: 99999") + sse(PARTIAL, COMPLETED)[:-cut]
    seen = await collect(provider, ask(), partial_images=1)
    assert drawn(seen) == [BYTES]


async def test_a_second_picture_that_was_cut_is_kept_as_it_came(provider, raw_server, ask, collect):
    body = sse(COMPLETED, {**COMPLETED, "b64_json": OTHER})[:-300]
    raw_server.wire = head("text/event-stream", "content-length: 99999") + body
    seen = await collect(provider, ask(), n=2, partial_images=1)
    assert [type(event) for event in seen] == [Sending, Drawn, Unread, Answered]
    assert seen[2].data == body
    assert seen[-1].usage is None


async def test_unfinished_pictures_are_never_the_result(provider, image_server, ask, fail):
    for event in (
        PARTIAL,
        PARTIAL_ITEM,
        {"type": "image.preview", "b64_json": OTHER},
        {"type": "image_generation.in_progress", "image": OTHER},
        {"type": "sketch", "image": OTHER},
        {"b64_json": OTHER, "partial_image_index": 1},
        {"image": OTHER, "done": False},
    ):
        image_server.script(Reply(sse(event), kind="text/event-stream"))
        seen, error = await fail(provider, ask(), partial_images=1)
        assert drawn(seen) == []
        assert error.billed == "possibly"


async def test_leaving_a_stream_early_leaves_nothing_behind(provider, raw_server, ask):
    raw_server.wire = head("text/event-stream") + sse(PARTIAL)
    raw_server.then = "stay"
    running = provider.make(ask(), CallOptions(partial_images=1))
    async for event in running:
        if isinstance(event, Partial):
            break
    await running.aclose()
