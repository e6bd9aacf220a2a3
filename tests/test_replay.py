"""Lessons that were recorded, and come back anywhere: with no key, no network and no bill."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import threading
import zipfile
from decimal import Decimal
from io import BytesIO

import pytest
from children import output
from imageserver import KEY, paint, rows
from PIL import Image as Pillow
from tapes import Tape

from jupyter_imagegen.errors import (
    CassetteError,
    ConfigError,
    NotRecordedError,
    RequestError,
    SourceError,
)
from jupyter_imagegen.imaging import keep_outside
from jupyter_imagegen.storage import Cassette

SIZE = "64x64"


@pytest.fixture
def lesson(tmp_path):
    folder = tmp_path / "course"
    folder.mkdir()
    return folder / "lesson.cassette"


@pytest.fixture
def author(session, lesson):
    """Records what it shows."""
    session.cassettes.use(str(lesson), mode="record")
    return session


@pytest.fixture
def no_network(monkeypatch):
    """Even loopback is refused; what tried is told."""
    tried = []

    def refused(self, address):
        tried.append(address)
        raise OSError("the network is not there")

    def cut():
        monkeypatch.setattr(socket.socket, "connect", refused)
        return tried

    return cut


@pytest.fixture
def reader(new_session, lesson, tmp_path):
    """Another person's session with a home of its own: no key unless given one."""
    numbers = iter(range(100))

    def make(mode="replay", *, use=True, **variables):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        home = tmp_path / f"home-{next(numbers)}"
        made = new_session(environ={**environ, "IMAGEGEN_HOME": str(home), **variables})
        if use:
            made.cassettes.use(str(lesson), mode=mode)
        return made

    return make


def picture(colour, size=(64, 64)):
    out = BytesIO()
    Pillow.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def mask(size=(64, 64)):
    drawn = Pillow.new("RGBA", size, (0, 0, 0, 255))
    drawn.paste((0, 0, 0, 0), (8, 8, 40, 40))
    return drawn


def alpha_mask():
    """The same mask, as it is sent."""
    out = BytesIO()
    mask().save(out, "PNG")
    return out.getvalue()


def bits(result):
    return [image.bytes for image in result.images]


# replay


def test_a_lesson_replays_byte_for_byte_with_no_key_and_no_network(author, server, reader, no_network):
    made = author.generate("a lighthouse", n=2)
    student = reader()
    tried = no_network()
    again = student.generate("a lighthouse", n=2)
    assert bits(again) == bits(made) == server.pictures
    assert [image.origin for image in again.images] == ["cassette"] * 2
    assert again.cost.usd == 0
    assert again.cost.author_usd == made.cost.usd > 0
    assert again.recorded
    assert (server.calls, tried) == (1, [])


def test_a_lesson_made_with_a_retired_model_replays_where_that_model_is_gone(server, author, reader, lesson):
    """OpenAI shut gpt-image-1 down in October 2026; the endpoint here still had it when it was recorded."""
    body = base64.b64encode(paint("1024x1024", seed="old")).decode()
    server.script(rows({"b64_json": body}))
    made = author.generate("a heron", model="gpt-image-1", quality="medium")
    edited = paint("1024x1024", seed="older")
    server.script(rows({"b64_json": base64.b64encode(edited).decode()}))
    changed = author.edit("make it winter", image=made, model="gpt-image-1", quality="medium")
    with pytest.raises(Exception, match=r"gpt-image-1\b"):
        author.generate("another heron", model="gpt-image-1", quality="medium")
    calls = server.calls
    server.__exit__()
    student = reader()
    again = student.generate("a heron", model="gpt-image-1", quality="medium")
    assert [image.digest for image in again.images] == [image.digest for image in made.images]
    assert bits(again) == bits(made) == [base64.b64decode(body)]
    winter = student.edit("make it winter", image=again, model="gpt-image-1", quality="medium")
    assert bits(winter) == bits(changed) == [edited]
    assert server.calls == calls


def test_a_fresh_process_replays_with_nothing_but_the_file(author, server, lesson, tmp_path):
    made = author.generate("a lighthouse")
    said = output(
        """
        import socket
        def refused(*_): raise SystemExit("tried to connect")
        socket.socket.connect = refused
        import jupyter_imagegen as imagegen
        r = imagegen.generate("a lighthouse")
        print(r.images[0].digest, r.images[0].origin, len(r.images[0].bytes))
        """,
        OPENAI_API_KEY="",
        OPENAI_BASE_URL="",
        IMAGEGEN_HOME=str(tmp_path / "fresh"),
        IMAGEGEN_CASSETTE=str(lesson),
        IMAGEGEN_RECORD_MODE="replay",
    )
    assert said.split() == [made.images[0].digest, "cassette", str(len(server.pictures[0]))]


@pytest.mark.parametrize("key", ["", KEY], ids=["no key", "a key"])
def test_a_miss_says_what_differs_and_calls_nobody(author, server, reader, no_network, key):
    author.generate("a lighthouse at dusk", quality="low")
    author.generate("a bowl of fruit", quality="high")
    student = reader(**({"OPENAI_API_KEY": key, "OPENAI_BASE_URL": server.url} if key else {}))
    calls, tried = server.calls, no_network()
    with pytest.raises(NotRecordedError) as caught:
        student.generate("a lighthouse at dusk", quality="high", size="1024x1536")
    said = str(caught.value)
    assert "quality: 'high' here, 'low' recorded" in said
    assert "size: '1024x1536' here, '1024x1024' recorded" in said
    assert "prompt" not in said.partition("Change the cell")[0]
    with pytest.raises(
        NotRecordedError, match=r"prompt: 'a lighthouse at dawn' here, 'a lighthouse at dusk' rec"
    ):
        student.generate("a lighthouse at dawn", quality="low")
    with pytest.raises(NotRecordedError, match="n: 3 here, 1 recorded"):
        student.generate("a lighthouse at dusk", quality="low", n=3)
    with pytest.raises(NotRecordedError, match="calls no API"):
        student.generate("a lighthouse at dusk", quality="low", model="gpt-image-2")
    assert (server.calls, tried) == (calls, [])


def test_the_nearest_recording_is_that_of_the_most_alike_prompt(author, reader):
    author.generate("a heron in the morning mist over the river")
    author.generate("the harbour at night")
    with pytest.raises(NotRecordedError, match="a heron in the morning mist"):
        reader().generate("a heron in the evening mist over the river", quality="high")


def test_a_miss_of_an_edit_says_which_picture_differs(author, reader):
    author.edit("make it winter", image=picture("red"))
    with pytest.raises(NotRecordedError, match=r"picture 1: 'picture [0-9a-f]{12}' here"):
        reader().edit("make it winter", image=picture("blue"))


def test_an_empty_cassette_says_that_it_is_empty(lesson, reader):
    tape = Tape(0)
    tape.write(lesson)
    with pytest.raises(NotRecordedError, match="is empty"):
        reader().generate("a lighthouse")


def test_fresh_goes_on_to_the_next_recorded_sample(author, server, reader):
    first = author.generate("a lighthouse")
    second = author.generate("a lighthouse", fresh=True)
    student = reader()
    assert bits(student.generate("a lighthouse")) == bits(first)
    assert bits(student.generate("a lighthouse", fresh=True)) == bits(second)
    assert bits(student.generate("a lighthouse")) == bits(first)
    assert server.calls == 2


def test_what_the_reader_has_set_does_not_make_a_miss_and_what_the_notebook_sets_does(
    author, reader, lesson, tmp_path, monkeypatch
):
    made = author.generate("a lighthouse")
    config = tmp_path / "user" / "jupyter_imagegen"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(
        'model = "gpt-image-2"\nquality = "high"\nsize = "1536x1024"\noutput_format = "webp"\nprovider = "demo"\n'
    )
    student = reader(IMAGEGEN_MODEL="gpt-image-1.5")
    assert student.workshop.settings().quality == "high"
    assert bits(student.generate("a lighthouse")) == bits(made)
    student.configure(quality="medium")
    with pytest.raises(NotRecordedError, match="quality: 'medium' here, 'low' recorded"):
        student.generate("a lighthouse")


def test_a_readers_own_style_of_the_same_name_does_not_make_a_miss(author, reader, lesson, tmp_path):
    (lesson.parent / "imagegen.toml").write_text('[styles.house]\nprompt = "$prompt, in the house style"\n')
    author.workshop.notebook = str(lesson.parent / "lesson.ipynb")
    made = author.generate("a lighthouse", style="house")
    assert made.request.prompt == "a lighthouse, in the house style"
    config = tmp_path / "user" / "jupyter_imagegen"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('[styles.house]\nprompt = "my own, $prompt"\n')
    assert bits(reader().generate("a lighthouse", style="house")) == bits(made)


@pytest.mark.parametrize("named", ["demo", "openai"])
def test_the_provider_in_the_readers_settings_does_not_matter(author, reader, named):
    made, drawn = author.generate("a lighthouse"), author.generate("a heron", provider="demo")
    student = reader(IMAGEGEN_PROVIDER=named)
    assert bits(student.generate("a lighthouse")) == bits(made)
    assert bits(student.generate("a heron")) == bits(drawn)


def test_preflight_says_nothing_to_pay_and_what_it_cost_the_author(author, server, reader, no_network):
    made = author.generate("a lighthouse")
    student = reader()
    no_network()
    there, missing = student.preflight("a lighthouse"), student.preflight("a heron")
    assert (there.stored, there.recorded) == (1, 1)
    assert there.author_usd == made.cost.usd
    assert there.estimate.usd == there.estimate.ceiling == 0
    assert (missing.stored, missing.estimate.usd) == (0, 0)
    assert there.listed.usd > 0
    assert student.accounts.costs().spending.total.calls == 0


def test_replay_takes_nothing_from_the_store(session, server, reader, lesson):
    """What only this machine has would make a lesson that works here and nowhere else."""
    session.generate("a lighthouse")
    Tape().write(lesson)
    session.cassettes.use(str(lesson), mode="replay")
    with pytest.raises(NotRecordedError):
        session.generate("a lighthouse")


def test_an_edit_of_an_edit_replays(author, server, reader):
    first = author.generate("a lighthouse")
    second = author.edit("make it winter", image=first)
    third = author.edit("add a ship", image=second)
    student = reader()
    again = student.generate("a lighthouse")
    again = student.edit("make it winter", image=again)
    again = student.edit("add a ship", image="last")
    assert bits(again) == bits(third)
    assert bits(student.edit("make it winter", image=first.key[:12])) == bits(second)
    assert server.calls == 3


def test_a_composite_replays_exactly(author, server, reader):
    given = {"image": picture("red"), "mask": mask(), "keep_outside": True}
    made = author.edit("make it winter", **given)
    student = reader()
    again = student.edit("make it winter", **given)
    assert bits(again) == bits(made)
    assert [image.origin for image in again.images] == ["cassette"]
    faded = author.edit("make it winter", **given, feather=4)
    assert bits(student.edit("make it winter", **given, feather=4)) == bits(faded) != bits(made)
    assert server.calls == 1


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "not recorded"])
def test_a_recorded_and_a_stored_picture_of_one_request_have_each_their_own_composite(
    author, server, reader, lesson, recorded
):
    """Both are the first drawing of whoever made them."""
    given = {"image": picture("red"), "mask": mask()}
    author.edit("make it winter", **given, keep_outside=recorded)
    student = reader(use=False, **server.env())
    student.edit("make it winter", **given, keep_outside=recorded)
    student.cassettes.use(str(lesson), mode="live")
    models = student.edit("make it winter", **given, n=2).images
    assert [(image.origin, image.sample) for image in models] == [("cassette", 0), ("store", 0)]
    assert [image.bytes for image in models] == server.pictures
    own = [keep_outside(given["image"], each, alpha_mask(), feather=0) for each in server.pictures]
    assert len(set(own)) == 2
    for _ in range(2):
        assert bits(student.edit("make it winter", **given, keep_outside=True, n=2)) == own
    assert server.calls == 2


def test_where_two_authors_cassettes_are_merged_each_picture_keeps_its_composite(
    author, server, reader, lesson
):
    given = {"image": picture("red"), "mask": mask(), "keep_outside": True}
    made = author.edit("make it winter", **given)
    colleague = reader(use=False, **server.env())
    colleague.cassettes.use(str(lesson.with_stem("colleague")), mode="record")
    theirs = colleague.edit("make it winter", **given)
    colleague.cassettes.merge([str(lesson), str(lesson.with_stem("colleague"))])
    assert bits(reader().edit("make it winter", **given, n=2)) == [*bits(made), *bits(theirs)]
    assert made.composites != theirs.composites
    assert server.calls == 2


def test_a_recorded_composite_goes_by_its_key(author, server, reader):
    made = author.edit("make it winter", image=picture("red"), mask=mask(), keep_outside=True)
    fox = author.edit("add a fox", image=made)
    student = reader()
    assert bits(student.edit("add a fox", image=made.picture_keys[0])) == bits(fox)
    assert server.calls == 2


# live


def test_live_asks_the_cassette_then_the_store_then_the_provider(author, server, reader):
    recorded = author.generate("a lighthouse")
    student = reader("live", **server.env())
    assert bits(student.generate("a lighthouse")) == bits(recorded)
    assert server.calls == 1
    bought = student.generate("a heron")
    assert bits(student.generate("a heron")) == bits(bought)
    assert server.calls == 2
    assert student.generate("a heron").images[0].origin == "store"


def test_four_with_two_recorded_buy_two(author, server, reader):
    recorded = author.generate("a lighthouse", n=2)
    student = reader("live", **server.env())
    four = student.generate("a lighthouse", n=4)
    assert [request.fields["n"] for request in server.requests if request.method == "POST"] == [2, 2]
    assert [image.sample for image in four.images] == [0, 1, 2, 3]
    assert bits(four)[:2] == bits(recorded)
    assert len(set(bits(four))) == 4
    assert bits(student.generate("a lighthouse", n=4)) == bits(four)
    assert server.calls == 2


def test_the_demo_painter_does_not_repeat_a_recorded_sample(author, reader):
    recorded = author.generate("a heron", n=2, provider="demo")
    four = reader("live").generate("a heron", n=4, provider="demo")
    assert bits(four)[:2] == bits(recorded)
    assert len({image.digest for image in four.images}) == 4


@pytest.mark.parametrize("mode", ["live", "replay"])
def test_a_cassette_that_is_not_there_is_an_error_and_never_a_payment(server, new_session, tmp_path, mode):
    student = new_session(
        environ={
            **os.environ,
            "IMAGEGEN_CASSETTE": str(tmp_path / "lesso.cassette"),
            "IMAGEGEN_RECORD_MODE": mode,
        }
    )
    with pytest.raises(CassetteError, match="there is no cassette"):
        student.generate("a lighthouse")
    with pytest.raises(CassetteError):
        student.preflight("a lighthouse")
    assert server.calls == 0


@pytest.mark.parametrize("mode", ["live", "replay", "record"])
def test_a_damaged_cassette_is_an_error_and_never_a_payment(author, server, reader, lesson, mode):
    author.generate("a lighthouse")
    student = reader(mode, **server.env())
    whole = lesson.read_bytes()
    for data in (whole[:-40], whole[: len(whole) // 2], b"", whole[:-30] + b"\0" * 30):
        lesson.write_bytes(data)
        with pytest.raises(CassetteError):
            student.generate("a lighthouse")
        with pytest.raises(CassetteError):
            student.generate("a heron")
        assert lesson.read_bytes() == data
    assert server.calls == 1


def test_a_mode_that_needs_a_cassette_says_so(server, new_session):
    student = new_session(environ={**os.environ, "IMAGEGEN_RECORD_MODE": "replay"})
    with pytest.raises(ConfigError, match="needs a cassette"):
        student.generate("a lighthouse")
    assert server.calls == 0


def test_a_cassette_named_after_the_notebook_is_found_by_itself(author, server, reader, lesson):
    made = author.generate("a lighthouse")
    student = reader(use=False, JPY_SESSION_NAME=str(lesson.with_suffix(".ipynb")), **server.env())
    assert bits(student.generate("a lighthouse")) == bits(made)
    assert server.calls == 1


# recording


def test_what_came_from_the_store_is_recorded_too(session, server, lesson, reader):
    made = session.generate("a lighthouse")
    session.cassettes.use(str(lesson), mode="record")
    session.generate("a lighthouse")
    assert server.calls == 1
    assert bits(reader().generate("a lighthouse")) == bits(made)


def test_recording_the_lesson_again_changes_neither_a_byte_nor_the_time(author, server, lesson, new_session):
    author.generate("a lighthouse")
    author.edit("make it winter", image="last")
    before, when = lesson.read_bytes(), lesson.stat().st_mtime_ns
    again = new_session()
    again.cassettes.use(str(lesson), mode="record")
    again.generate("a lighthouse")
    again.edit("make it winter", image="last")
    assert (lesson.read_bytes(), lesson.stat().st_mtime_ns) == (before, when)
    assert server.calls == 2
    assert [each.name for each in lesson.parent.iterdir()] == [lesson.name]


@pytest.mark.parametrize(
    "prompt", ["a sign that says sk-proj-0123456789abcdef", f"my key is {KEY}", "key=sk-aaaaaaaaaaaaaaaaaaaa"]
)
def test_a_prompt_that_holds_a_key_is_not_recorded_and_the_picture_is_still_there(
    author, server, lesson, prompt, reader
):
    author.generate("a lighthouse")
    result = author.generate(prompt)
    assert any("Not recorded" in note and "key" in note for note in result.notes)
    assert not any(KEY in note for note in result.notes)
    assert bits(result) == [server.pictures[1]]
    assert author.generate(prompt).cached
    assert b"sk-" not in lesson.read_bytes()
    assert reader().generate("a lighthouse").images


def test_a_key_in_the_alt_text_is_not_recorded(author, lesson):
    result = author.generate("a lighthouse", alt=f"made with {KEY}")
    assert any("Not recorded" in note for note in result.notes)
    assert not lesson.exists()


def test_no_key_path_name_or_id_of_the_author_is_in_a_cassette(server, tmp_path, lesson, monkeypatch):
    """Recorded by the real SDK, from a place and by a person that would be known again."""
    folder = tmp_path / "home" / "tell-tale-user" / "secret-project"
    folder.mkdir(parents=True)
    photo = folder / "private-photo.png"
    photo.write_bytes(picture("red"))
    output(
        f"""
        import os
        os.chdir({str(folder)!r})
        import jupyter_imagegen as imagegen
        session = imagegen.default_session()
        session.cassettes.use({str(lesson)!r}, mode="record")
        r = imagegen.generate("a lighthouse", n=2)
        imagegen.edit("make it winter", image="private-photo.png", safety_identifier="user-tell-tale")
        imagegen.edit("make it winter", image={str(photo)!r})
        imagegen.generate("a heron", provider="demo")
        print(session.workshop.id)
        """,
        USER="tell-tale-user",
        LOGNAME="tell-tale-user",
        USERNAME="tell-tale-user",
        HOSTNAME="tell-tale-host",
        OPENAI_ORG_ID="org-tell-tale",
        OPENAI_PROJECT_ID="proj-tell-tale",
        JPY_SESSION_NAME=str(folder / "tell-tale-notebook.ipynb"),
        IMAGEGEN_HOME=str(folder / "store"),
        PWD=str(folder),
    )
    with zipfile.ZipFile(lesson) as archive:
        told = archive.read("cassette.json").decode()
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    data = lesson.read_bytes()
    session_id = re.findall(r'"session": "([0-9a-f]+)"', "".join(_recipes(folder / "store")))
    words = [
        KEY, base64.b64encode(KEY.encode()).decode().rstrip("="), KEY.replace("-", "%2D"), "tell-tale", "org-",
        "proj-", str(tmp_path), str(folder), "private-photo", "secret-project", server.url, "127.0.0.1",
        str(server._http.server_address[1]) + "/v1", "req_", "charge", *session_id,
    ]  # fmt: skip
    assert session_id
    for word in filter(None, words):
        for form in (word, base64.b64encode(word.encode()).decode().rstrip("=")):
            assert form.encode() not in data, word
    # Too short to be looked for among the pictures' bytes.
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", told)
    assert len(json.loads(told)["recordings"]) == 4


def _recipes(home):
    return [path.read_text() for path in home.rglob("*.json")]


def test_two_processes_that_record_into_one_cassette_lose_nothing(server, lesson, long):
    count = 12 if long else 6
    code = """
        import sys
        import jupyter_imagegen as imagegen
        session = imagegen.default_session()
        session.cassettes.use({path!r}, mode="record")
        print("ready", flush=True)
        sys.stdin.readline()
        for i in range({count}):
            r = imagegen.generate(f"{name} {{i}}", size="816x816", provider="demo")
            assert not [note for note in r.notes if "Not recorded" in note], r.notes
    """
    from children import go, python

    children = [python(code.format(path=str(lesson), name=name, count=count)) for name in ("one", "two")]
    try:
        go(*children)
        said = [child.communicate(timeout=100)[0] for child in children]
    finally:
        for child in children:
            child.kill()
    assert [child.returncode for child in children] == [0, 0], said
    assert len(Cassette(lesson).manifest.recordings) == 2 * count
    assert [each.name for each in lesson.parent.iterdir()] == [lesson.name]


def test_threads_that_record_and_show_at_once_lose_nothing(author, lesson, reader):
    # One recording is there: the student may begin.
    author.generate("a heron 0", provider="demo")
    student = reader()
    wrong = []

    def show():
        try:
            for _ in range(60):
                student.generate("a heron 0").images[0].load_preview()
        except Exception as exc:
            wrong.append(exc)

    readers = [threading.Thread(target=show) for _ in range(2)]
    writers = [
        threading.Thread(target=author.generate, args=(f"a heron {i}",), kwargs={"provider": "demo"})
        for i in range(1, 7)
    ]
    for thread in (*readers, *writers):
        thread.start()
    for thread in (*readers, *writers):
        thread.join(60)
    assert wrong == []
    assert len(Cassette(lesson).manifest.recordings) == 7


def test_a_full_disk_costs_the_recording_and_not_the_picture(server, lesson, tmp_path):
    said = output(f"""
        import resource
        import jupyter_imagegen as imagegen
        session = imagegen.default_session()
        session.cassettes.use({str(lesson)!r}, mode="record")
        imagegen.generate("a lighthouse")
        before = open({str(lesson)!r}, "rb").read()
        most = len(before)
        session.cassettes.use("none")
        r = imagegen.generate("a heron at night", provider="demo")
        session.cassettes.use({str(lesson)!r}, mode="record")
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        r = imagegen.generate("a heron at night", provider="demo")
        print([note for note in r.notes if "Not recorded" in note])
        print(len(r.images[0].bytes) > 0)
    """)
    assert "could not be written" in said
    assert "True" in said
    assert len(Cassette(lesson).manifest.recordings) == 1
    assert [each.name for each in lesson.parent.iterdir()] == [lesson.name]


def test_a_folder_that_cannot_be_written_costs_the_recording_and_not_the_picture(session, server, tmp_path):
    blocked = tmp_path / "file"
    blocked.mkdir()
    session.cassettes.use(str(blocked / "lesson.cassette"), mode="record")
    blocked.rmdir()
    blocked.write_text("no folder")
    result = session.generate("a lighthouse")
    assert bits(result) == server.pictures
    assert any("Not recorded" in note and "cannot be written" in note for note in result.notes)


def test_what_could_not_be_read_again_is_not_recorded(author, lesson, reader):
    """Longer than any cassette may hold: recorded, it would take the whole lesson with it."""
    author.generate("a lighthouse")
    before = lesson.read_bytes()
    result = author.generate("a heron", alt="x" * 300_000)
    assert any("Not recorded" in note for note in result.notes)
    assert lesson.read_bytes() == before
    assert reader().generate("a lighthouse").images


# small copies


@pytest.fixture
def small(author, lesson, server):
    """The author's cassette of small copies, and what was recorded there."""
    author.cassettes.use("none")
    path = lesson.with_name("small.cassette")
    author.cassettes.use(str(path), mode="record", previews=128)
    first = author.generate("a lighthouse")
    second = author.edit("make it winter", image=first)
    return path, first, second


def test_small_copies_replay_and_edits_of_them_find_their_recordings(
    small, reader, server, no_network, tmp_path
):
    path, first, second = small
    student = reader(use=False)
    used = student.cassettes.use(str(path), mode="replay")
    assert used.manifest.holds == "small copies of 128 pixels"
    no_network()
    again = student.generate("a lighthouse")
    image = again.images[0]
    assert image.reduced
    assert (image.digest, image.width, image.size_bytes) == (
        first.images[0].digest, 1024, len(first.images[0].bytes),
    )  # fmt: skip
    assert max(image.pil.size) == 128
    assert image.bytes != first.images[0].bytes
    assert image.mime == "image/jpeg"
    with Pillow.open(image.save("small")) as saved:
        assert max(saved.size) == 128
    winter = student.edit("make it winter", image=again)
    assert winter.images[0].digest == second.images[0].digest
    assert server.calls == 2


def test_small_copies_make_a_small_file(small, author):
    path, first, second = small
    assert path.stat().st_size < 20_000 < len(first.images[0].bytes) + len(second.images[0].bytes)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if name.startswith("pictures/")]


def test_a_small_copy_is_never_sent(small, reader, server):
    path, first, _ = small
    student = reader(use=False, **server.env())
    student.cassettes.use(str(path), mode="live")
    shown = student.generate("a lighthouse")
    calls = server.calls
    for source in (shown, shown.images[0], "last", first.key[:12]):
        with pytest.raises(RequestError, match="small copy"):
            student.edit("make it summer", image=source)
    with pytest.raises((RequestError, SourceError)):
        student.edit("make it summer", image=[picture("red"), shown])
    with pytest.raises((RequestError, SourceError)):
        student.edit("make it summer", image=picture("red", (1024, 1024)), mask=shown)
    assert server.calls == calls


def test_whoever_has_the_original_sees_and_sends_the_original(small, author, server):
    """The author goes on with the lesson: the small copies are for others."""
    path, first, _ = small
    author.cassettes.use(str(path), mode="record")
    again = author.generate("a lighthouse")
    assert not again.images[0].reduced
    assert bits(again) == bits(first)
    calls = server.calls
    author.edit("add a ship", image=again)
    assert server.calls == calls + 1
    assert server.last.files[0].data == first.images[0].bytes


def test_a_cassette_of_originals_is_not_taken_into_use_for_small_copies(author, lesson):
    author.generate("a lighthouse")
    with pytest.raises(CassetteError, match="holds originals"):
        author.cassettes.use(str(lesson), mode="record", previews=128)


def test_taken_into_use_again_a_new_cassette_holds_what_was_said_last(session, lesson, server):
    session.cassettes.use(str(lesson), mode="record")
    _ = session.preflight("a lighthouse")
    session.cassettes.use(str(lesson), mode="record", previews=128)
    session.generate("a lighthouse")
    assert Cassette(lesson).manifest.preview_side == 128


def test_what_recorded_pictures_cost_is_shown_and_counted_nowhere(author, reader):
    made = author.generate("a lighthouse", n=2)
    student = reader()
    student.generate("a lighthouse", n=2)
    spent = student.accounts.costs().spending.total
    assert (spent.usd, spent.held_usd, spent.calls) == (Decimal(0), Decimal(0), 0)
    assert made.cost.usd > 0
