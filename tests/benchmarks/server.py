"""The tests' image server in a process of its own, so that its work does not count as anybody's.

Each answer holds another real picture of 1024x1024 pixels and 2 MB, encoded before the first call.
"""

from __future__ import annotations

import base64
import json
import random
import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

from tests.imageserver import ImageServer, Reply, output_tokens

SIDE = 1024
MODEL = "gpt-image-2.5-flare"
_ROOT = Path(__file__).parents[2]


class Server:
    """The server's process, seen from the benchmark.

    Attributes
    ----------
    env
        The environment variables that send a process there.
    """

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.server"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.env = json.loads(self._process.stdout.readline())
        return self

    def __exit__(self, *exc):
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def latency(self, seconds):
        """Let each answer take so long from now on."""
        self._ask(seconds)

    @property
    def calls(self):
        """How many paid calls it has had."""
        return self._ask("calls")

    def _ask(self, what):
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class _Quick(ImageServer):
    """Answers with what was encoded before; only a number in the picture changes."""

    def __init__(self):
        super().__init__()
        cut = len(_PICTURE) - 12  # before IEND
        head = _PICTURE[: cut - cut % 3]
        self._head = base64.b64encode(head)
        self._tail = _PICTURE[len(head) : cut], _PICTURE[cut:]
        tokens = output_tokens(MODEL, f"{SIDE}x{SIDE}", "low")
        about = {
            "created": 1,
            "background": "opaque",
            "output_format": "png",
            "quality": "low",
            "size": f"{SIDE}x{SIDE}",
            "usage": {
                "input_tokens": 10,
                "input_tokens_details": {"image_tokens": 0, "text_tokens": 10},
                "output_tokens": tokens,
                "output_tokens_details": {"image_tokens": tokens, "text_tokens": 0},
                "total_tokens": 10 + tokens,
            },
        }
        self._about = json.dumps(about).encode()[:-1] + b', "data": [{"b64_json": "'

    def next_reply(self):
        with self._lock:
            self.calls += 1
            number = self.calls
            self.requests.clear()
        # Slept here: the server's own way of waiting looks every 20 ms whether the client is gone.
        time.sleep(self.latency)
        before, end = self._tail
        tail = base64.b64encode(before + chunk(b"tEXt", b"number\0%d" % number) + end)
        return Reply(b"".join((self._about, self._head, tail, b'"}]}')), billed=True)


def chunk(kind, data):
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture():
    """PNG bytes of a scene with the grain of a photograph; 2 MB, as the API's are."""
    from PIL import Image, ImageDraw, ImageFilter

    chance = random.Random(7)
    scene = Image.new("RGB", (SIDE, SIDE))
    draw = ImageDraw.Draw(scene)
    for y in range(SIDE):
        draw.line((0, y, SIDE, y), fill=(40 + y // 8, 70 + y // 10, 160 - y // 12))
    for _ in range(160):
        x, y, r = chance.randrange(SIDE), chance.randrange(SIDE), chance.randrange(8, 120)
        colour = tuple(chance.randrange(30, 230) for _ in range(3))
        (draw.ellipse if chance.random() < 0.5 else draw.rectangle)((x - r, y - r, x + r, y + r), fill=colour)
    scene = scene.filter(ImageFilter.GaussianBlur(2))
    grain = Image.frombytes("RGB", (SIDE, SIDE), chance.randbytes(SIDE * SIDE * 3))
    out = BytesIO()
    Image.blend(scene, grain, 0.1).save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    _PICTURE = picture()
    with _Quick() as server:
        print(json.dumps(server.env()), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            if asked == "calls":
                print(server.calls, flush=True)
            else:
                server.latency = asked
                print("null", flush=True)
