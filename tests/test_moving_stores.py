"""A store is copied, backed up, restored and merged while kernels use it; nothing is lost and nothing doubled."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import threading
import zipfile
from pathlib import Path

import pytest
from children import python
from imageserver import Reply, html

from jupyter_imagegen.cli import main
from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.errors import HomeError, ProviderError, StoreError
from jupyter_imagegen.storage import moving

PROMPT = "a lighthouse at dusk"


@pytest.fixture
def at(new_session, server, tmp_path):
    """Opens a session on a home, as another machine would have it; several may be open."""

    def opened(name):
        return new_session(environ={**os.environ, "IMAGEGEN_HOME": str(tmp_path / name)})

    return opened


@pytest.fixture
def shell(monkeypatch, tmp_path, capfd):
    """Runs `jupyter imagegen store …` on a home; gives its exit code, and what it says."""

    def run(home, *words):
        monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / home))
        capfd.readouterr()
        code = main(["store", *map(str, words)])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run


def tree(folder):
    """Every file below a folder, with its bytes and times."""
    return {
        path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows(session):
    """What a store holds, as anybody can see it, in an order that does not depend on how it came."""
    entries = session.accounts.history(limit=1000)
    pictures = {
        (entry.key, image.sample, image.digest, image.cost_usd, image.bytes)
        for entry in entries
        for image in entry.images
    }
    costs = session.accounts.costs()
    total = costs.spending.total
    return pictures, total, costs.by_model, {one.id for one in costs.held}


def favourites(session):
    from jupyter_imagegen.storage import Narrowed

    page = session.workshop.storage_to_read.browsing.page(Narrowed(favourite=True), limit=100)
    return {(one.key, one.image.sample) for one in page.pictures}


def use(session, server):
    """Pictures, a favourite, a hit, a call without a picture, a held call and a kept answer."""
    made = session.generate(PROMPT, n=2)
    session.generate(PROMPT)
    session.workshop.storage.pictures.set_favourite(made.key, 1, favourite=True)
    server.script(Reply(status=500, billed=True))
    with pytest.raises(ProviderError):
        session.generate("a harbour")
    server.script(html())
    with pytest.raises(ProviderError):
        session.generate("a mountain")
    session.accounts.budget(50, per="month")
    return made


@pytest.mark.parametrize("where", ["folder", "file.zip"])
def test_a_backup_that_is_restored_is_the_store_again_with_its_costs_and_budgets(
    at, server, shell, tmp_path, where
):
    laptop = at("laptop")
    use(laptop, server)
    target = tmp_path / f"odd ' name\nof a {where}"
    code, said = shell("laptop", "backup", target)
    assert code == 0, said
    assert "2 pictures" in said
    code, said = shell("restored", "restore", target)
    assert code == 0, said
    restored = at("restored")
    assert rows(restored) == rows(laptop)
    assert favourites(restored) == favourites(laptop)
    assert restored.accounts.budget() == laptop.accounts.budget()
    assert len(restored.workshop.storage.unread.all()) == 1
    assert restored.workshop.storage.notes == ()
    assert restored.workshop.storage.pictures.verify().sound
    calls = len(server.requests)
    assert restored.generate(PROMPT, n=2).cached
    assert len(server.requests) == calls
    made = [target, *target.rglob("*"), *(tmp_path / "restored").rglob("*")]
    for path in made if os.name == "posix" else ():
        assert stat.S_IMODE(path.stat().st_mode) in {0o600, 0o700}, path


def test_a_copy_can_be_used_as_a_home_at_once(at, server, shell, tmp_path):
    first = at("first")
    use(first, server)
    (tmp_path / "copy").mkdir(mode=0o755)
    assert shell("first", "copy", tmp_path / "copy")[0] == 0
    assert rows(at("copy")) == rows(first)
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700


def test_a_backup_while_others_draw_and_forget_is_of_one_moment(at, server, shell, tmp_path):
    session = at("busy")
    gone = [session.generate(f"{PROMPT} {number}").key for number in range(3)]
    stop = threading.Event()
    trouble = []

    def draw():
        number = 0
        while not stop.is_set():
            number += 1
            try:
                session.generate(f"a harbour {number}", provider="demo")
                if gone:
                    session.accounts.forget(gone.pop())
            except Exception as exc:
                trouble.append(exc)

    drawing = threading.Thread(target=draw)
    drawing.start()
    try:
        for number in range(4):
            code, said = shell("busy", "backup", tmp_path / f"copy{number}")
            assert code == 0, said
    finally:
        stop.set()
        drawing.join()
    assert trouble == []
    for number in range(4):
        copy = at(f"copy{number}")
        assert copy.workshop.storage.notes == ()
        report = copy.workshop.storage.pictures.verify()
        assert report.sound, report


#: Kills itself when so many files have got their final name.
KILLED = """
import os, signal, sys
from jupyter_imagegen.cli import main
from jupyter_imagegen.storage import files
moves, move = [int(sys.argv[1])], files.move
def counted(*more, **options):
    move(*more, **options)
    moves[0] -= 1
    if not moves[0]:
        os.kill(os.getpid(), signal.SIGKILL)
files.move = counted
sys.exit(main(sys.argv[2:]))
"""


def killed(home, at_move, *words):
    child = python(KILLED, str(at_move), "store", *map(str, words), IMAGEGEN_HOME=str(home))
    child.communicate(timeout=60)
    return child.returncode


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_half_copy_is_never_taken_for_a_store_and_the_same_command_goes_on(
    at, server, shell, tmp_path, long
):
    laptop = at("laptop")
    use(laptop, server)
    target = tmp_path / "copy"
    # Each goes on where the one before was killed; what was copied is not copied again.
    for at_move in range(2, 12, 1 if long else 5):
        assert killed(tmp_path / "laptop", at_move, "copy", target) in {0, -signal.SIGKILL}
        if not (target / "imagegen-copy-unfinished.txt").exists():
            break
        with pytest.raises(HomeError, match="not finished"):
            at("copy").generate(PROMPT)
        assert shell("other", "restore", target)[0] == 8
        assert shell("other", "merge", target)[0] == 8
        assert "not finished" in shell("other", "merge", target)[1]
    else:
        assert shell("laptop", "copy", target)[0] == 0
    assert rows(at("copy")) == rows(laptop)
    code, said = shell("laptop", "copy", target)
    assert code == 8
    assert "is not empty" in said


def test_what_was_forgotten_between_two_tries_is_not_in_the_copy(at, server, shell, tmp_path):
    session = at("laptop")
    secret = session.generate("a secret")
    session.generate(PROMPT)
    target = tmp_path / "copy"
    if os.name == "posix":
        assert killed(tmp_path / "laptop", 6, "copy", target) == -signal.SIGKILL
    session.accounts.forget(secret.key)
    assert shell("laptop", "copy", target)[0] == 0
    held = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())
    assert b"a secret" not in held
    assert secret.images[0].digest.encode() not in held
    assert rows(at("copy")) == rows(session)


def test_a_copy_keeps_nothing_that_is_forgotten_meanwhile_and_is_made_by_one_process(at, server, tmp_path):
    session = at("laptop")
    made = [session.generate(f"a secret {number}") for number in range(3)]
    last = max(made, key=lambda result: result.images[0].digest)
    storage, tried = session.workshop.storage, []

    def during(*_counted):
        if not tried:
            tried.append(True)
            with pytest.raises(StoreError, match="another process is copying into"):
                moving.copy(storage.home, tmp_path / "copy", database=storage.pictures.database)
            session.accounts.forget(last.key)

    report = moving.copy(storage.home, tmp_path / "copy", database=storage.pictures.database, progress=during)
    assert tried
    assert report.pictures == 2
    copy = at("copy")
    assert copy.workshop.storage.pictures.verify().sound
    assert {one.key for one in copy.accounts.history()} == {one.key for one in made} - {last.key}
    copy.close()
    index = (tmp_path / "copy" / "imagegen.sqlite3").read_bytes()
    assert last.request.prompt.encode() not in index


def test_a_picture_that_is_not_what_was_paid_for_is_left_out_of_a_backup_and_named(
    at, server, shell, tmp_path
):
    made = use(at("laptop"), server)
    made.images[0].path.write_bytes(b"something else")
    code, said = shell("laptop", "backup", tmp_path / "backup")
    assert code == 8
    assert "1 picture, " in said
    assert f"left out because it is damaged  pictures/{made.images[0].digest[:2]}/" in said
    assert not list((tmp_path / "backup").rglob(f"{made.images[0].digest}.png"))


def test_two_stores_are_merged_and_merging_again_changes_nothing(at, server, shell, tmp_path):
    laptop, lab = at("laptop"), at("lab")
    made = use(laptop, server)
    other = lab.generate(PROMPT)  # the same request: its first picture is another one here
    lab.accounts.budget(7, per="day")
    assert other.key == made.key
    before, budgets = rows(lab), lab.accounts.budget()
    assert lab.accounts.costs().spending.total.calls == 1
    source = tree(tmp_path / "laptop")
    code, said = shell("lab", "merge", tmp_path / "laptop")
    assert code == 0, said
    assert re.match(r"2 pictures taken \([12] under another number\), 0 there already", said)
    assert "1 kept answer more" in said
    assert "3 calls taken" in said
    assert tree(tmp_path / "laptop") == source
    lab = at("lab")
    after = rows(lab)
    theirs = rows(laptop)
    assert {one[2] for one in after[0]} == {one[2] for one in before[0] | theirs[0]}
    assert sorted(one[1] for one in after[0]) == [0, 1, 2]
    assert after[1].usd == before[1].usd + theirs[1].usd
    assert after[1].held_usd == before[1].held_usd + theirs[1].held_usd
    assert (after[1].calls, after[1].hits) == (4, theirs[1].hits)
    assert after[3] == before[3] | theirs[3]
    assert lab.accounts.budget() == budgets
    assert len(favourites(lab)) == 1
    code, said = shell("lab", "merge", tmp_path / "laptop", "--json")
    report = json.loads(said)
    assert (report["taken"], report["there"], report["calls_taken"], report["calls_there"]) == (0, 2, 0, 3)
    assert (report["hits"], report["favourites"], report["answers"], report["refused"]) == (0, 0, 0, [])
    assert rows(at("lab")) == after
    assert lab.workshop.storage.pictures.verify().sound


def test_a_merge_brings_back_what_is_damaged_here_and_a_cost_that_is_known_there(at, server, shell, tmp_path):
    laptop = at("laptop")
    made = use(laptop, server)
    assert shell("laptop", "backup", tmp_path / "backup")[0] == 0
    assert shell("lab", "merge", tmp_path / "backup")[0] == 0
    held = laptop.accounts.costs().held[0]
    laptop.accounts.settle(held.id, "0.03")
    lab = at("lab")
    lab.accounts.entry(made.key).images[0].path.write_bytes(b"damaged")
    lab.accounts.entry(made.key).images[0].path.unlink()
    code, said = shell("lab", "merge", tmp_path / "laptop")
    assert code == 0, said
    assert "2 that were damaged or missing here are repaired" in said
    lab = at("lab")
    assert lab.workshop.storage.pictures.verify().sound
    assert lab.accounts.costs().spending.total.usd == laptop.accounts.costs().spending.total.usd


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_merge_that_is_killed_goes_on_and_counts_nothing_twice(at, server, shell, tmp_path, long):
    laptop = at("laptop")
    use(laptop, server)
    laptop.generate("a harbour at noon", n=2)
    at("lab").generate(PROMPT)
    for at_move in range(1, 11, 1 if long else 5):
        killed(tmp_path / "lab", at_move, "merge", tmp_path / "laptop")
    assert shell("lab", "merge", tmp_path / "laptop")[0] == 0
    lab = at("lab")
    assert len(rows(lab)[0]) == 5
    theirs, ours = rows(laptop)[1], rows(lab)[1]
    assert ours.calls == theirs.calls + 1
    assert ours.held_usd == theirs.held_usd
    assert lab.workshop.storage.pictures.verify().sound


def test_an_export_is_read_again_and_counts_nothing_as_spent(at, server, shell, tmp_path):
    laptop = at("laptop")
    use(laptop, server)
    assert shell("laptop", "export", tmp_path / "export.zip")[0] == 0
    code, said = shell("lab", "merge", tmp_path / "export.zip")
    assert code == 0, said
    assert "an export has no ledger" in said
    lab = at("lab")
    assert rows(lab)[0] == rows(laptop)[0]
    assert favourites(lab) == favourites(laptop)
    assert lab.accounts.costs().spending.total.calls == 0
    code, said = shell("new", "restore", tmp_path / "export.zip")
    assert code == 8
    assert "store merge" in said


def test_a_store_from_before_there_was_a_journal_is_merged_from_its_index(at, server, shell, tmp_path):
    laptop = at("laptop")
    use(laptop, server)
    laptop.close()
    (tmp_path / "laptop" / "charges.jsonl").unlink()
    (tmp_path / "laptop" / "budgets.json").unlink()
    before = {path.name for path in (tmp_path / "laptop").iterdir()}
    code, said = shell("lab", "merge", tmp_path / "laptop")
    assert code == 0, said
    assert "3 calls taken" in said
    assert {path.name for path in (tmp_path / "laptop").iterdir()} == before
    # Neither: costs are those that the pictures tell.
    (tmp_path / "laptop" / "imagegen.sqlite3").write_bytes(b"garbled")
    code, said = shell("lab2", "merge", tmp_path / "laptop")
    assert code == 0, said
    spent = format_usd(at("lab2").accounts.costs().spending.total.usd)
    assert spent != "$0.00"
    assert f"1 call taken, known to have cost {spent}" in said


def test_an_empty_store_is_copied_restored_and_merged(at, shell, tmp_path):
    assert at("empty").workshop.storage.made
    assert shell("empty", "backup", tmp_path / "copy.zip")[0] == 0
    assert shell("again", "restore", tmp_path / "copy.zip")[0] == 0
    assert shell("again", "merge", tmp_path / "empty")[0] == 0
    code, said = shell("never", "backup", tmp_path / "nothing")
    assert code == 8
    assert "no store in" in said
    assert not (tmp_path / "nothing").exists()


REFUSED = {
    "within itself": ("laptop", "backup", "laptop/inner"),
    "around itself": ("laptop", "copy", "."),
    "a file that is there": ("laptop", "backup", "there.zip"),
    "a folder in use": ("laptop", "copy", "full"),
    "a home in use": ("laptop", "restore", "backup"),
    "no store": ("lab", "merge", "full"),
    "nothing": ("lab", "merge", "nowhere"),
    "itself": ("laptop", "merge", "laptop"),
    "no zip": ("lab", "merge", "there.zip"),
}


def test_what_would_write_over_something_is_refused_with_what_to_do(at, server, shell, tmp_path):
    use(at("laptop"), server)
    assert shell("laptop", "backup", tmp_path / "backup")[0] == 0
    (tmp_path / "there.zip").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    for why, (home, command, path) in REFUSED.items():
        code, said = shell(home, command, tmp_path / path)
        assert code == 8, (why, said)
    assert (tmp_path / "there.zip").read_text() == "mine"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    assert not (tmp_path / "laptop" / "inner").exists()
    assert not list((tmp_path / "lab").glob("pictures/*/*"))


def test_a_hostile_store_brings_nothing_but_what_is_sound(at, server, shell, tmp_path):
    from dataclasses import replace

    from jupyter_imagegen.storage.recipes import recipe_from_bytes

    laptop = at("laptop")
    for number in range(8):
        laptop.generate(f"{PROMPT} {number}")
    spent = laptop.accounts.costs().spending.total.usd
    laptop.close()
    home = tmp_path / "laptop"
    recipes = sorted(home.glob("pictures/*/*.json"))
    pictures = [path.with_name(f"{path.name[:64]}.png") for path in recipes]
    pictures[0].write_bytes(pictures[1].read_bytes())  # not what its name says
    pictures[2].unlink()
    pictures[2].symlink_to(pictures[3])
    lies = {"prompt": "something else"}, {"sample": 2**63 - 1}, {"made_at": "2026-11-29"}, {"cost_usd": "9e8"}
    for path, lie in zip(recipes[3:7], lies, strict=True):
        path.write_bytes(replace(recipe_from_bytes(path.read_bytes()), **lie).to_bytes())
    (home / "pictures" / "00").mkdir(exist_ok=True)
    (home / "pictures" / "00" / f"{'00' * 32}.{'0' * 16}-0.json").write_bytes(b'{"recipe": 1' * 1000)
    (home / "incoming" / "x-1-00aa00aa00aa00aa.json").write_bytes(b"\0" * 100)
    lines = (home / "charges.jsonl").read_text().splitlines()
    charge = json.loads(next(line for line in lines if '"charge"' in line))["charge"]
    with (home / "charges.jsonl").open("a") as file:
        for changed in ({"cost_nano": 10**17}, {"cost_nano": -5}, {"day": "never"}, {"state": "free"}):
            odd = {**charge, "id": os.urandom(8).hex(), **changed}
            file.write(json.dumps({"seq": 99, "charge": odd}, separators=(",", ":")) + "\n")
        file.write("[" * 100_000 + "\n")
    code, said = shell("lab", "merge", home)
    assert code == 8
    assert "2 pictures taken" in said
    assert "its picture does not match its name" in said
    assert "its key is not the key of its request" in said
    assert "number of pictures or its cost is impossible" in said
    assert "the time when it was made is impossible" in said
    assert "its recipe cannot be read" in said
    lab = at("lab")
    assert lab.workshop.storage.pictures.verify().sound
    assert lab.accounts.costs().spending.total.usd == spent


def test_an_index_with_views_or_triggers_is_never_used(at, server, shell, tmp_path):
    laptop = at("laptop")
    laptop.generate(PROMPT)
    laptop.close()
    home = tmp_path / "laptop"
    (home / "charges.jsonl").unlink()
    with sqlite3.connect(home / "imagegen.sqlite3") as index:
        index.execute(
            "CREATE TRIGGER free AFTER INSERT ON charges BEGIN UPDATE charges SET cost_nano = 0; END"
        )
    index.close()
    code, said = shell("lab", "restore", home)
    assert code == 0, said
    assert "its index could not be read" in said
    with sqlite3.connect(tmp_path / "lab" / "imagegen.sqlite3") as index:
        assert index.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall() == []
    index.close()
    assert len(rows(at("lab"))[0]) == 1


def test_a_zip_file_that_unpacks_to_more_or_leads_elsewhere_is_refused(at, server, shell, tmp_path):
    laptop = at("laptop")
    laptop.generate(PROMPT)
    assert shell("laptop", "backup", tmp_path / "good.zip")[0] == 0
    with zipfile.ZipFile(tmp_path / "good.zip") as good:
        held = {name: good.read(name) for name in good.namelist()}
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in held.items():
            packed.writestr(name, data)
    assert "compressed" in shell("lab", "restore", tmp_path / "packed.zip")[1]
    with zipfile.ZipFile(tmp_path / "leads.zip", "w") as leads:
        for name, data in held.items():
            leads.writestr(name, data)
        leads.writestr("../outside.txt", b"out")
        leads.writestr("pictures/../../outside.png", b"out")
        leads.writestr("/tmp/outside-imagegen.png", b"out")
    assert shell("lab", "restore", tmp_path / "leads.zip")[0] == 0
    assert not list(tmp_path.rglob("outside*"))
    assert not Path("/tmp/outside-imagegen.png").exists()
    assert rows(at("lab")) == rows(laptop)


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_a_store_that_can_only_be_read_is_merged_and_copied(at, server, shell, tmp_path):
    laptop = at("laptop")
    laptop.generate(PROMPT)
    laptop.close()
    home = tmp_path / "laptop"
    before = tree(home)
    for folder in (home, *(path for path in home.rglob("*") if path.is_dir())):
        folder.chmod(0o500)
    try:
        assert shell("lab", "merge", home)[0] == 0
        assert shell("lab2", "restore", home)[0] == 0
    finally:
        for folder in (home, *(path for path in home.rglob("*") if path.is_dir())):
            folder.chmod(0o700)
    assert tree(home) == before
    assert rows(at("lab"))[0] == rows(at("lab2"))[0] != set()


def test_an_older_home_that_others_may_read_is_put_right(at, server, tmp_path):
    session = at("laptop")
    session.generate(PROMPT)
    session.close()
    for path in (tmp_path / "laptop", *(tmp_path / "laptop").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    at("laptop").accounts.history()
    if os.name == "posix":
        assert not [path for path in (tmp_path / "laptop").rglob("*") if path.stat().st_mode & 0o077]
        assert not (tmp_path / "laptop").stat().st_mode & 0o077


def test_a_full_disk_is_said_and_the_copy_goes_on_when_there_is_room(
    at, server, shell, tmp_path, monkeypatch
):
    laptop = at("laptop")
    use(laptop, server)
    copied, real = [], shutil.copyfileobj

    def full(source, target, *more):
        copied.append(1)
        if len(copied) == 4:
            raise OSError(28, "No space left on device")
        return real(source, target, *more)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", full)
        code, said = shell("laptop", "copy", tmp_path / "copy")
    assert code == 8
    assert "No space left on device" in said
    assert "run the same command again" in said
    assert shell("laptop", "copy", tmp_path / "copy")[0] == 0
    assert rows(at("copy")) == rows(laptop)


def test_the_help_says_what_not_to_do(capsys):
    with pytest.raises(SystemExit):
        main(["store", "backup", "--help"])
    assert "jupyter imagegen help stores" in capsys.readouterr().out
    assert main(["help", "stores"]) == 0
    said = capsys.readouterr().out
    for word in ("rsync", "Dropbox", "network disk", "goes on", "never merged"):
        assert word in said


def test_a_store_whose_pictures_are_not_mounted_gives_no_empty_backup(at, server, shell, tmp_path):
    at("lab").generate(PROMPT)
    (tmp_path / "lab" / "pictures").rename(tmp_path / "pictures")
    for target in ("folder", "file.zip"):
        code, said = shell("lab", "backup", tmp_path / target)
        assert (code, "may not be mounted" in said) == (8, True), said
        assert not (tmp_path / "file.zip").exists()
    code, said = shell("restored", "restore", tmp_path / "folder")
    assert (code, "not finished" in said) == (8, True), said
    (tmp_path / "pictures").rename(tmp_path / "lab" / "pictures")
    assert "1 picture," in shell("lab", "backup", tmp_path / "folder")[1]


def test_a_source_that_the_system_does_not_give_is_named(shell):
    for command in ("merge", "restore"):
        code, said = shell("lab", command, "long" * 100)
        assert (code, "longlong cannot be read (File name too long)" in said) == (8, True), said


def test_a_backup_in_which_a_picture_was_damaged_brings_the_others(at, server, shell, tmp_path):
    laptop = at("laptop")
    spoilt = laptop.generate(PROMPT, n=2).images[0]
    assert shell("laptop", "backup", tmp_path / "good.zip")[0] == 0
    data = (tmp_path / "good.zip").read_bytes()
    whole = spoilt.path.read_bytes()
    assert data.count(whole) == 1
    (tmp_path / "bad.zip").write_bytes(data.replace(whole, whole[:-20] + b"?" + whole[-19:]))
    for command in ("merge", "restore"):
        code, said = shell(command, command, tmp_path / "bad.zip")
        assert (code, "damaged" in said) == (8, True), said
        assert [image.sample for image in at(command).accounts.entry("last").images] == [1]


def test_a_picture_that_the_store_lacks_itself_is_named_as_not_in_the_copy(at, server, shell, tmp_path):
    gone, kept = at("lab").generate(PROMPT, n=2).images
    gone.path.unlink()
    for command, place in (("backup", "file.zip"), ("copy", "folder"), ("restore", "folder")):
        code, said = shell("new" if command == "restore" else "lab", command, tmp_path / place)
        assert (code, said.count("its file is missing")) == (0, 1), said
        assert "1 picture," in said
        assert gone.digest in said
        assert kept.digest not in said
