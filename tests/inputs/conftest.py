"""One session and one server for each file: what goes in is looked at as it arrives there."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    from imageserver import ImageServer

    from jupyter_imagegen.session import Session

    with ImageServer() as server:
        session = Session()
        yield SimpleNamespace(server=server, session=session, home=tmp_path_factory.mktemp("home"))
        session.close()


class Sent:
    """What an edit sent: the pictures by their field, decoded, and the fields of the form."""

    def __init__(self, server, result):
        self.result = result
        self.fields = server.last.fields
        self.files = {upload.field: upload.data for upload in server.last.files}
        first = next(data for name, data in self.files.items() if name.startswith("image"))
        self.data = first
        self.size = self.fields.get("size")

    @property
    def image(self):
        """The first picture, decoded."""
        return Image.open(BytesIO(self.data))

    @property
    def mask(self):
        """The mask, decoded."""
        return Image.open(BytesIO(self.files["mask"]))


@pytest.fixture
def edit(shared, monkeypatch):
    """Makes an edit and gives what was sent; one that is refused has asked nobody."""
    for name, value in {**shared.server.env(), "IMAGEGEN_HOME": str(shared.home)}.items():
        monkeypatch.setenv(name, value)

    from imageserver import paint, rows

    # A small answer: what came back is looked at elsewhere.
    answer = rows({"b64_json": b64encode(paint("64x64")).decode()})

    def run(image, prompt="make it winter", *, small=True, **options):
        before = shared.server.calls
        if small:
            shared.server.script(answer)
        try:
            result = shared.session.edit(prompt, image=image, fresh=True, **options)
        except Exception:
            shared.server._scripted.clear()
            assert shared.server.calls == before
            raise
        assert shared.server.calls == before + 1
        return Sent(shared.server, result)

    run.session, run.server = shared.session, shared.server
    return run
