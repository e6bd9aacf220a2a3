from __future__ import annotations

from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"
STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("ui", ["notebook", pytest.param("lab", marks=pytest.mark.long)])
def test_the_quickstart_shows_pictures_with_alt_text_and_their_price(
    ui, page, open_notebook, run_all, save, tmp_path
):
    copy = open_notebook(QUICKSTART, ui)
    run_all()
    assert page.locator(STDERR).count() == 0

    pictures = page.locator("figure img")
    assert pictures.count() >= 9
    for i in range(pictures.count()):
        picture = pictures.nth(i)
        picture.scroll_into_view_if_needed()
        assert picture.get_attribute("alt")
        assert picture.evaluate("e => e.complete && e.naturalWidth") >= 128
    # What a screen reader is told, not only what the markup says.
    expect(page.get_by_role("img", name="lighthouse").first).to_be_visible()

    captions = page.locator("figcaption")
    expect(captions.filter(has_text="$0.00").first).to_be_visible()
    expect(captions.filter(has_text="cached").first).to_be_visible()

    save(copy)
    assert copy.stat().st_size < 400_000
    assert page.problems == []
