from __future__ import annotations

import json

from jupyter_imagegen.cli import main
from jupyter_imagegen.cli.outcomes import in_shell
from jupyter_imagegen.notebook_costs import could_ask_for


def recorded(session, path):
    _, manifest = session.cassettes.read(str(path))
    return {one.prompt for one in manifest.recordings.values()}


def shown(path, key):
    """Save the notebook as if its first cell had shown the picture of a key."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    told = {"jupyter_imagegen": {"keys": [key]}}
    output = {"output_type": "display_data", "data": {"text/plain": "Picture"}, "metadata": told}
    notebook["cells"][0]["outputs"] = [output]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_pruning_keeps_what_is_shown_and_what_a_loop_could_ask_for(written, tmp_path, new_session):
    session = new_session()
    cassette = tmp_path / "lesson.cassette"
    session.cassettes.use(str(cassette), mode="record")
    first = session.generate("a fox", provider="demo")
    for prompt in ("a red jar", "a blue jar of jam", "an owl", "a whale"):
        session.generate(prompt, provider="demo", style="watercolour" if "owl" in prompt else ())
    path = written(
        "%%imagegen\na fox",
        "for colour in colours():\n    imagegen.generate(f'a {colour} jar')",
        "%%imagegen --style watercolour\nan owl",
        name="other.ipynb",
    )
    shown(path, first.key)
    needed = could_ask_for(session, [str(path)])
    changed = session.cassettes.prune([str(path)], file=str(cassette), needed=needed)
    assert changed.removed == 1
    left = recorded(session, cassette)
    assert not any("whale" in prompt for prompt in left)
    assert len(left) == 4

    # A call of which nothing is known could ask for anything.
    session.cassettes.add([session.generate("a whale", provider="demo").key[:16]], to=str(cassette))
    path = written(
        "%%imagegen\na fox",
        "import jupyter_imagegen as imagegen\nmake = imagegen.generate\nmake(words())",
        name="third.ipynb",
    )
    shown(path, first.key)
    assert (
        session.cassettes.prune(
            [str(path)], file=str(cassette), needed=could_ask_for(session, [str(path)])
        ).removed
        == 0
    )


def test_the_shell_prunes_by_the_same_rule_and_names_no_command_that_it_lacks(
    written, tmp_path, new_session, capsys
):
    session = new_session()
    cassette = tmp_path / "lesson.cassette"
    session.cassettes.use(str(cassette), mode="record")
    first = session.generate("a fox", provider="demo")
    session.generate("a whale", provider="demo")
    path = written("%%imagegen\na fox", name="other.ipynb")
    shown(path, first.key)
    session.close()
    assert main(["cassette", "prune", str(path), "--file", str(cassette), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == 1

    hint = "Name it with `%imagegen cassette use a.cassette --mode record`, or `%imagegen cassette use none` to go on."
    assert in_shell(hint) == (
        "Name it with `IMAGEGEN_CASSETTE=a.cassette IMAGEGEN_RECORD_MODE=record`, or `IMAGEGEN_CASSETTE=none` to go on."
    )
