"""A saved lesson as HTML, Markdown and LaTeX: its pictures are there, and so is what is said of them."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
import zipfile

import pytest
from lessons import LESSONS, outputs, read
from nbconvert import ASCIIDocExporter, HTMLExporter, LatexExporter, MarkdownExporter, RSTExporter

needs_pandoc = pytest.mark.skipif(
    shutil.which("pandoc") is None, reason="nbconvert asks pandoc for LaTeX, and there is none"
)
LESSON = LESSONS / "08_teaching_and_publishing.ipynb"


@pytest.fixture(scope="module")
def notebook():
    return read(LESSON)


def alts(notebook):
    """What is said of each picture, in order."""
    found = [output.get("metadata", {}) for output in outputs(notebook)]
    return [told["alt"] for one in found for mime, told in one.items() if mime.startswith("image/")]


def test_html_has_every_picture_with_its_alt_text(notebook):
    body, _ = HTMLExporter().from_notebook_node(notebook)
    shown = re.findall(r'<img alt="([^"]+)"[^>]*src="data:image/', body)
    assert len(alts(notebook)) >= 3
    assert set(alts(notebook)) <= set(shown)


def test_markdown_has_every_picture_with_its_alt_text(notebook):
    body, _ = MarkdownExporter().from_notebook_node(notebook)
    shown = re.findall(r'<img alt="([^"]+)"[^>]*src="data:image/', body)
    assert set(alts(notebook)) <= set(shown)


@pytest.mark.skipif(
    shutil.which("pandoc") is None, reason="nbconvert asks pandoc for LaTeX, and there is none"
)
def test_the_sources_of_a_pdf_have_every_picture_and_under_it_its_alt_text(notebook):
    exporter = LatexExporter(template_name="imagegen_latex")
    body, resources = exporter.from_notebook_node(notebook)
    files = [name for name in resources["outputs"] if name.endswith((".jpg", ".png"))]
    assert len(files) == len(alts(notebook))
    for name, alt in zip(files, alts(notebook), strict=True):
        after = body[body.index(name) :]
        assert re.sub(r"\s+", " ", after.split("\\end{center}")[0]).endswith(f"{{\\small Picture: {alt}}} ")


@needs_pandoc
@pytest.mark.parametrize(
    ("exporter", "kind", "reference"),
    [
        (MarkdownExporter, "markdown", "![{}]({})"),
        (RSTExporter, "rst", ".. image:: {1}\n   :alt: {0}"),
        (ASCIIDocExporter, "asciidoc", 'image::{1}["{0}"]'),
    ],
)
def test_a_document_refers_to_each_picture_as_a_file_with_its_alt_text(
    notebook, tmp_path, exporter, kind, reference
):
    body, resources = exporter(template_name=f"imagegen_{kind}").from_notebook_node(notebook)
    files = [name for name in resources["outputs"] if name.endswith((".jpg", ".png"))]
    assert len(files) == len(alts(notebook)) >= 3
    pictures = [
        body.index(reference.format(alt, name)) for name, alt in zip(files, alts(notebook), strict=True)
    ]
    assert pictures == sorted(pictures)
    assert "base64" not in body
    assert "<style>" not in body
    if kind != "asciidoc":
        for name, data in resources["outputs"].items():
            (tmp_path / name).write_bytes(data)
        source = tmp_path / f"lesson.{kind}"
        source.write_text(body, encoding="utf-8")
        run = subprocess.run(
            ["pandoc", "-f", kind, source, "-o", "lesson.docx"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        in_word = [name for name in zipfile.ZipFile(tmp_path / "lesson.docx").namelist() if "/media/" in name]
        assert len(in_word) == len(files)
        assert "TeX math" not in run.stderr


def test_what_is_said_of_a_picture_never_becomes_markdown(notebook):
    hostile = copy.deepcopy(notebook)
    told = next(
        output.metadata["image/jpeg"]
        for output in outputs(hostile)
        if "image/jpeg" in output.get("metadata", {})
    )
    told["alt"] = "a](x) <img src=y> $1 and $2 `code` *bold*"
    body, _ = MarkdownExporter(template_name="imagegen_markdown").from_notebook_node(hostile)
    assert r"![a\](x) \<img src=y> \$1 and \$2 \`code\` \*bold\*](" in body


@needs_pandoc
def test_what_is_said_of_a_picture_never_becomes_latex(notebook):
    hostile = copy.deepcopy(notebook)
    told = next(
        output.metadata["image/jpeg"]
        for output in outputs(hostile)
        if "image/jpeg" in output.get("metadata", {})
    )
    told["alt"] = r"100 % & \input{secret} $x_1$"
    body, _ = LatexExporter(template_name="imagegen_latex").from_notebook_node(hostile)
    assert r"\input{secret}" not in body
    assert r"100 \% \& \textbackslash{}input\{secret\}" in body
