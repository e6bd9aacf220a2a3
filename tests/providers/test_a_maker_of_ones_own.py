"""A provider that this package has never heard of, installed as a package of its own, works everywhere.

`acme` has per-picture prices for one model and a price that only the answer tells for another, a `seed`, and no
`quality` at all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]

ACME = """
from decimal import Decimal
from io import BytesIO
import os

from PIL import Image

from jupyter_imagegen.core.dollars import Estimate
from jupyter_imagegen.core.models import Model, Models, Parameter
from jupyter_imagegen.core.sizes import SizeRule
from jupyter_imagegen.providers.base import Answered, Drawn, Provider, Sending

SIZES = SizeRule(kind="fixed", values=("512x512", "1024x1024"))
SEED = Parameter(name="seed", kind="integer", low=0, help="the same seed gives the same picture")
STYLE = Parameter(name="finish", choices=("matt", "gloss"))


class Acme(Provider):
    name = "acme"
    needs = "ACME_KEY"

    @classmethod
    def create(cls, context):
        made = cls()
        made.environ = context.environ
        return made

    def configured(self):
        return bool(self.environ.get("ACME_KEY"))

    def models(self):
        return Models.of([
            Model(name="acme-fixed", sizes=SIZES, parameters=(SEED, STYLE), output_formats=("png",), most_pictures=4),
            Model(name="acme-told", sizes=SIZES, parameters=(SEED,)),
        ])

    def estimate(self, request, options, *, moment):
        if request.model != "acme-fixed":
            return super().estimate(request, options, moment=moment)
        usd = Decimal("0.03") * options.n
        return Estimate(usd=usd, ceiling=usd, tokens=None, kind="exact", note="per picture", source="acme, 2026")

    def cost(self, request, answer, *, moment):
        return answer.usd

    async def make(self, request, options):
        yield Sending(attempt=1)
        with open(os.environ["ACME_CALLS"], "a") as calls:
            print(request.parameters(), file=calls)
        for sample in range(options.first_sample, options.first_sample + options.n):
            seed = (request.extra or {}).get("seed", 0)
            side = int(request.size.split("x")[0])
            buffer = BytesIO()
            Image.new("RGB", (side, side), (seed % 256, sample % 256, 90)).save(buffer, "PNG")
            yield Drawn(data=buffer.getvalue())
        price = "0.03" if request.model == "acme-fixed" else "0.0125"
        yield Answered(usd=Decimal(price) * options.n)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A virtual environment with our packages and a wheel of `acme` unpacked beside them."""
    folder = tmp_path_factory.mktemp("acme")
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    names = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    site = Path(sysconfig.get_path("purelib", "venv", vars=names))
    ours = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(ROOT)]
    (site / "ours.pth").write_text("\n".join(dict.fromkeys(ours)) + "\n")
    wheel = folder / "acme_pictures-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        info = "acme_pictures-1.0.dist-info"
        file.writestr("acme_pictures.py", ACME)
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: acme-pictures\nVersion: 1.0\n")
        file.writestr(f"{info}/entry_points.txt", "[jupyter_imagegen.providers]\nacme = acme_pictures:Acme\n")
        file.writestr(f"{info}/RECORD", "")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    scripts = Path(sysconfig.get_path("scripts", "venv", vars=names))
    return scripts / ("python.exe" if os.name == "nt" else "python3")


@pytest.fixture
def acme(installed, tmp_path):
    """Runs a program of that environment; gives what it printed as JSON, and what the maker was asked."""
    calls = tmp_path / "calls"
    calls.touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "IMAGEGEN"))}
    environ = {
        **kept, "ACME_CALLS": str(calls), "ACME_KEY": "k", "IMAGEGEN_HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip

    def run(*words, program=None, code=0, **more):
        command = (
            [installed, "-c", program]
            if program
            else [
                installed,
                "-c",
                "import sys; from jupyter_imagegen.cli import main; sys.exit(main())",
                *words,
            ]
        )
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**environ, **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout + done.stderr

    run.calls = lambda: calls.read_text().splitlines()
    return run


API = """
import json
from decimal import Decimal
import jupyter_imagegen as imagegen
from jupyter_imagegen.errors import ImagegenError

def answer(call):
    try:
        return str(call())
    except ImagegenError as exc:
        return str(exc)

first = imagegen.generate("a fox", seed=3)
again = imagegen.generate("a fox", seed=3)
other = imagegen.generate("a fox", seed=4)
told = imagegen.generate("a fox", model="acme-told", provider="acme")
estimated = imagegen.estimate("a fox", n=2)
unknown = imagegen.estimate("a fox", model="acme-told")
imagegen.budget(0.1, per="total")
refused = answer(lambda: imagegen.generate("an owl", n=4))
unpriced = answer(lambda: imagegen.generate("an owl", model="acme-told"))
history = imagegen.history()
panel = imagegen.panel("a fox", provider="acme")
panel.choices = {**panel.choices, "seed": "7"}
print(json.dumps({
    "cached": [r.cached for r in (first, again, other, told)],
    "usd": [str(r.cost.usd) for r in (first, again, other, told)],
    "keys": len({first.key, other.key, told.key}),
    "quality": [first.request.quality, "quality" in first.request.parameters()],
    "seed": first.request.parameters()["seed"],
    "provider": [first.provider, first.request.model],
    "estimates": [str(estimated.usd), unknown.usd],
    "refused": refused, "unpriced": unpriced,
    "history": sorted((e.provider, e.model) for e in history),
    "spent": str(imagegen.costs().spending.total.usd),
    "controls": {c["name"]: [o["value"] for o in c.get("options", [])] for c in panel.controls},
    "panel": panel.choices["seed"],
    "errors": [answer(lambda: imagegen.generate("a", seed="much")), answer(lambda: imagegen.generate("a", sed=1)),
               answer(lambda: imagegen.generate("a", quality="low")), answer(lambda: imagegen.generate("a", size="7x7")),
               answer(lambda: imagegen.generate("a", finish="wet")), answer(lambda: imagegen.generate("a", model="acme-1"))],
}))
"""


def test_python_and_panel_know_it_by_what_it_declares(acme):
    told = acme(program=API)
    assert told["cached"] == [False, True, False, False]
    assert told["usd"] == ["0.03", "0", "0.03", "0.0125"]
    assert told["keys"] == 3
    assert told["quality"] == ["", False]
    assert told["seed"] == 3
    assert told["provider"] == ["acme", "acme-fixed"]
    assert told["estimates"] == ["0.06", None]
    assert "$0.12" in told["refused"]
    assert "no known maximum price" in told["unpriced"]
    assert told["history"] == [["acme", "acme-fixed"], ["acme", "acme-fixed"], ["acme", "acme-told"]]
    assert told["spent"] == "0.0725"
    assert told["controls"]["model"] == ["acme-fixed", "acme-told"]
    assert "quality" not in told["controls"]
    assert told["controls"]["finish"] == ["", "matt", "gloss"]
    assert "acme" in told["controls"]["provider"]
    assert told["panel"] == "7"
    for error, word in zip(
        told["errors"],
        ("whole number", "Did you mean seed", "quality", "512x512", "matt or gloss", "acme-fixed"),
        strict=True,
    ):
        assert word in error
    assert len(acme.calls()) == 3


def test_the_shell_a_plan_a_cassette_and_doctor_know_it_too(acme, tmp_path):
    asked = ("generate", "a fox", "--seed", "3", "--finish=gloss", "--json")
    dry = acme(*asked, "--dry-run")
    assert (dry["request"]["seed"], dry["request"]["finish"], dry["estimate"]["usd"]) == (3, "gloss", "0.03")
    made = acme(*asked)
    assert (made["key"], made["cost_usd"]) == (dry["key"], "0.03")
    assert "no option --sed" in acme("generate", "a fox", "--sed", "3", code=2)
    assert acme("estimate", "a fox", "-n", "2", "--json")["estimate"]["usd"] == "0.06"
    names = [model["name"] for model in acme("models", "--json")["models"] if model["provider"] == "acme"]
    assert names == ["acme-fixed", "acme-told"]
    assert "acme (a key or an address for it is set)" in acme("doctor")
    cells = [
        nbformat.v4.new_code_cell(each)
        for each in ("%%imagegen --seed 3 --finish gloss\na fox", "%%imagegen\nan owl")
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "lesson.ipynb")
    rows = acme("plan", "lesson.ipynb", "--json")["plans"]["notebooks"][0]["rows"]
    assert [(row["price"]["usd"], row["stored"]) for row in rows] == [("0.03", 1), ("0.03", 0)]
    recorded = {"IMAGEGEN_CASSETTE": "lesson.cassette", "IMAGEGEN_RECORD_MODE": "record"}
    acme("generate", "an owl", "--seed", "5", "--json", **recorded)
    replayed = acme(
        "generate", "an owl", "--seed", "5", "--json",
        **{**recorded, "IMAGEGEN_RECORD_MODE": "replay", "IMAGEGEN_HOME": str(tmp_path / "other"), "ACME_KEY": ""},
    )  # fmt: skip
    assert [image["origin"] for image in replayed["images"]] == ["cassette"]
    assert len(acme.calls()) == 2


CELL = """
from IPython.core.interactiveshell import InteractiveShell
import json
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "jupyter_imagegen")
shell.run_cell_magic("imagegen", "--seed 11 --provider acme -o r", "a hare")
result = shell.user_ns["r"]
print("JSON" + json.dumps([result.provider, result.request.parameters()["seed"], str(result.cost.usd)]))
"""


def test_a_cell_takes_its_parameters_as_flags(acme):
    told = acme(program=CELL)
    assert json.loads(told.rpartition("JSON")[2].splitlines()[0]) == ["acme", 11, "0.03"]
    assert "acme-fixed" in told
