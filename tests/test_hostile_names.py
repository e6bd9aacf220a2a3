"""Names of notebooks and addresses of pictures that cannot be one are passed over, or refused in a line of ours."""

from __future__ import annotations

import pytest

from jupyter_imagegen.config import user_file
from jupyter_imagegen.errors import SourceError

PASSWORD = "pass-Word+9876543210"


@pytest.mark.parametrize(
    "name",
    ["/", ".", "..", "a\0b", "x" * 300 + ".ipynb", "a/" * 3_000, "x" * 248 + ".ipynb", "http://h/x.ipynb"],
)
@pytest.mark.parametrize("told_by", ["Jupyter", "VS Code"])
def test_a_notebooks_name_that_is_no_files_is_passed_over(new_session, tmp_path, name, told_by):
    session = new_session(environ={"JPY_SESSION_NAME": name} if told_by == "Jupyter" else {})
    session.workshop.notebook = None if told_by == "Jupyter" else name
    settings = session.workshop.settings()
    assert (settings.notebook_dir, settings.cassette) == (tmp_path, None)
    assert session.generate("a boat", provider="demo").images


@pytest.mark.parametrize(
    "address", [f"https://ann:{PASSWORD}@[::1/a.png", "file://[x/a.png", "http://[/", "https:///a.png"]
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(new_session, address):
    with pytest.raises(SourceError) as caught:
        new_session().edit("winter", image=address, provider="demo")
    assert PASSWORD not in str(caught.value)


def test_the_line_that_an_address_needs_can_be_pasted_where_the_error_says(new_session, image_server):
    address = image_server.url + "/pictures/red.png?signature=5"
    with pytest.raises(SourceError, match="not among the allowed") as caught:
        new_session().edit("winter", image=address, provider="demo")
    line = caught.value.hint.split("`")[1]
    assert str(user_file()) in caught.value.hint
    user_file().parent.mkdir(parents=True)
    user_file().write_text(line)
    with pytest.raises(SourceError, match="could not be fetched"):
        new_session().edit("winter", image=address, provider="demo")


def test_a_key_given_as_a_picture_is_not_repeated(new_session):
    with pytest.raises(SourceError) as caught:
        new_session().edit("winter", image="sk-test-0000111122223333", provider="demo")
    assert "0000111122223333" not in str(caught.value)
