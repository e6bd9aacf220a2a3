"""Edits with the original put back outside the mask."""

from __future__ import annotations

from io import BytesIO

import pytest
from children import output
from PIL import Image as Pillow
from PIL import ImageChops

from jupyter_imagegen.errors import BudgetsUnknownError, RequestError

SIZE = (96, 64)
HERE = (10, 10, 40, 40)


def original():
    """A picture in which every pixel differs from its neighbours."""
    picture = Pillow.new("RGB", SIZE)
    picture.putdata([(x * 2, y * 3, (x * y) % 256) for y in range(SIZE[1]) for x in range(SIZE[0])])
    return picture


def mask():
    drawn = Pillow.new("RGBA", SIZE, (0, 0, 0, 255))
    drawn.paste((0, 0, 0, 0), HERE)
    return drawn


def differing(image):
    """The box of pixels in which a picture differs from the original."""
    with Pillow.open(BytesIO(image.bytes)) as picture:
        return ImageChops.difference(picture.convert("RGB"), original()).getbbox()


def edit(session, **options):
    return session.edit("make it winter", image=original(), mask=mask(), keep_outside=True, **options)


def test_outside_the_mask_every_pixel_is_the_original(session):
    result = edit(session)
    assert (result.images[0].width, result.images[0].height) == SIZE
    assert differing(result.images[0]) == HERE
    assert "outside the mask" in result.notes[-1]


def test_the_models_own_picture_stays_in_the_store_as_it_came(session, server):
    edit(session)
    plain = session.edit("make it winter", image=original(), mask=mask())
    assert plain.cached
    assert plain.images[0].bytes == server.pictures[0]


def test_the_second_run_calls_nobody_and_composes_nothing(session, server):
    first = edit(session)
    second = edit(session)
    assert server.calls == 1
    assert (first.cached, second.cached) == (False, True)
    assert second.images[0].bytes == first.images[0].bytes
    assert second.images[0].cost_usd == first.images[0].cost_usd > 0
    assert second.cost.saved_usd == first.cost.usd


def test_a_stored_edit_that_is_composed_for_the_first_time_is_still_a_hit(session, server):
    session.edit("make it winter", image=original(), mask=mask())
    assert edit(session).cached
    assert server.calls == 1


def test_each_sample_has_a_composite_of_its_own(session):
    two = edit(session, n=2)
    assert two.images[0].digest != two.images[1].digest
    assert [image.digest for image in edit(session, n=2).images] == [image.digest for image in two.images]
    assert edit(session).images[0].digest == two.images[0].digest


def test_a_feather_fades_in_inside_the_mask_and_has_a_composite_of_its_own(session, server):
    hard, soft, softer = edit(session), edit(session, feather=4), edit(session, feather=8)
    assert len({one.images[0].digest for one in (hard, soft, softer)}) == 3
    for one in (soft, softer):
        left, top, right, bottom = differing(one.images[0])
        assert HERE[0] <= left
        assert HERE[1] <= top
        assert right <= HERE[2]
        assert bottom <= HERE[3]
    middle = (25, 25)
    assert soft.images[0].pil.getpixel(middle) == hard.images[0].pil.getpixel(middle)
    assert "over 4 pixels inside its border" in soft.notes[-1]
    assert "fading" not in hard.notes[-1]
    assert edit(session, feather=4).images[0].digest == soft.images[0].digest
    assert server.calls == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"feather": 3}, "keep_outside is not set"),
        ({"feather": -1, "keep_outside": True}, "from 0 to 100"),
        ({"feather": 101, "keep_outside": True}, "from 0 to 100"),
        ({"feather": 1.5, "keep_outside": True}, "whole number"),
    ],
)
def test_a_feather_that_cannot_be_is_refused_before_anything_is_paid(session, server, options, message):
    with pytest.raises(RequestError, match=message):
        session.edit("make it winter", image=original(), mask=mask(), **options)
    assert server.calls == 0


def test_without_a_mask_it_is_refused_before_anything_is_paid(session, server):
    with pytest.raises(RequestError, match="needs a mask"):
        session.edit("make it winter", image=original(), keep_outside=True)
    with pytest.raises(RequestError, match="keep_outside is for changing a picture"):
        session.generate("winter", keep_outside=True)
    assert server.calls == 0


def test_a_composite_adds_nothing_to_the_ledger_not_even_when_it_is_built_again(session, home, new_session):
    result = edit(session)
    assert session.accounts.costs().spending.total.calls == 1
    session.workshop.close()
    (home / "imagegen.sqlite3").write_bytes(b"garbage" * 1000)
    for name in ("imagegen.sqlite3-wal", "imagegen.sqlite3-shm", "charges.jsonl", "budgets.json"):
        (home / name).unlink(missing_ok=True)
    again = new_session()
    total = again.accounts.costs().spending.total
    assert (total.calls, total.unpriced, total.usd) == (1, 0, result.cost.usd)
    with pytest.raises(BudgetsUnknownError, match="its budgets are unknown"):
        again.generate("winter")


def test_in_the_history_a_composite_costs_nothing_and_the_models_picture_what_it_cost(session):
    result = edit(session)
    costs = {entry.namespace: entry.cost_usd for entry in session.accounts.history("winter")}
    assert costs == {"composite": 0, None: result.cost.usd}


def test_a_full_disk_still_gives_the_composite_with_a_note(session, server):
    session.edit("make it winter", image=original(), mask=mask())
    said = output(
        """
        import resource
        from PIL import Image
        import jupyter_imagegen as imagegen
        from test_composites import differing, edit
        session = imagegen.default_session()
        session.workshop.storage
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        result = edit(session)
        print(differing(result.images[0]), result.images[0].path, [n for n in result.notes if "not stored" in n] != [])
    """,
        PYTHONPATH=str(__import__("pathlib").Path(__file__).parent),
    )
    assert said.strip() == f"{HERE} None True"
    assert server.calls == 1
