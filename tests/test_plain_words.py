"""What a user reads is plain English: no person where a machine is meant, and no word that has to be read twice."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import jupyter_imagegen

PRODUCT = Path(jupyter_imagegen.__file__).parent
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ODD = re.compile(
    r"\bnobody (?:is|can|says?|calls?|publishes)\b|calls nobody|\bbelieved\b|\breckon",
    re.IGNORECASE,
)


def messages(file):
    """The texts of a module that are not its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def test_messages_help_and_lessons_use_plain_words():
    texts = {file: messages(file) for file in PRODUCT.rglob("*.py") if "demo" not in file.parts}
    texts |= {file: [file.read_text(encoding="utf-8")] for file in (PRODUCT / "help").glob("*.md")}
    for file in NOTEBOOKS.glob("*.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        texts[file] = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert sum(map(len, texts.values())) > 1000
    odd = {
        file.name: [ODD.search(text)[0] for text in said if ODD.search(text)] for file, said in texts.items()
    }
    assert {name: found for name, found in odd.items() if found} == {}
