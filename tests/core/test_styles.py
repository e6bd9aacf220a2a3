from __future__ import annotations

import pytest

from jupyter_imagegen.core.prompts import Style, apply_styles, find_style, load_styles
from jupyter_imagegen.errors import ConfigError, PromptError


@pytest.fixture
def write(tmp_path):
    def written(text, name="styles.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_the_package_has_styles_worth_using():
    styles = load_styles()
    assert set(styles) >= {
        "photo", "cinematic", "anime", "watercolour", "oil-painting", "baroque", "engraving", "cyberpunk",
        "ukiyo-e", "pixel-art", "flat", "paper-cut", "childrens-book", "isometric", "blueprint", "poster",
    }  # fmt: skip
    for style in styles.values():
        assert style.source == "package"
        assert 20 < len(style.description) < 100
        assert 300 < len(style.template) < 800, style.name
        # What to keep out is said in every one, and no line break or leftover joins the words wrongly.
        assert "No " in style.template or "no " in style.template, style.name
        assert "\\" not in style.template
        assert "\n" not in style.template, style.name
        assert "  " not in style.template, style.name


def test_a_later_file_goes_over_an_earlier_one_and_the_package(write):
    personal = write('[styles.photo]\nprompt = "P $prompt"\n[styles.mine]\nprompt = "$prompt!"', "a.toml")
    beside = write('model = "x"\n[styles.photo]\nprompt = "N $prompt"\ndescription = "d"', "b.toml")
    styles = load_styles(personal, beside, beside.with_name("absent.toml"))
    assert styles["photo"] == Style(name="photo", template="N $prompt", description="d", source=str(beside))
    assert styles["mine"].source == str(personal)
    assert styles["anime"].source == "package"
    assert list(styles) == sorted(styles)


def test_a_file_that_is_absent_or_has_no_styles_adds_nothing_and_the_next_is_read(write):
    bare = write('model = "x"\n', "bare.toml")
    mine = write('[styles.mine]\nprompt = "$prompt!"', "mine.toml")
    styles = load_styles(bare.with_name("absent.toml"), bare, mine)
    assert set(styles) == {*load_styles(), "mine"}


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ('[styles.a]\nprompt = "no place"', r"'a'.*\$prompt exactly once.*not there"),
        ('[styles.a]\nprompt = "$prompt $prompt"', r"exactly once"),
        ('[styles.a]\nprompt = "$prompt $subject"', r"nothing else to fill in; it holds \$prompt, \$subject"),
        ('[styles.a]\nprompt = "$$prompt"', "not there"),
        ('[styles.a]\nprompt = "${prompt"', "no closing brace"),
        ('[styles.a]\nprompts = "$prompt"', "has 'prompts'"),
        ("[styles.a]\nprompt = 5", "must be strings"),
        ('[styles]\na = "$prompt"', "must be a table, not str"),
        ("styles = 1", "must be tables"),
        ("[styles.a\n", "is not TOML.*line 1"),
    ],
)
def test_a_style_that_cannot_be_used_is_refused_with_its_file(write, toml, reason):
    path = write(toml)
    with pytest.raises(ConfigError, match=f"(?s){reason}") as caught:
        load_styles(path)
    assert path.name in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "styles.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_styles(path)


def test_a_dollar_in_a_template_and_in_the_prompt_stays(write):
    styles = load_styles(write('[styles.sale]\nprompt = "$prompt for $$5 or $9"'))
    assert apply_styles("a $prompt ${x}", [styles["sale"]]) == "a $prompt ${x} for $5 or $9"


def test_styles_are_applied_in_order_the_first_innermost(write):
    styles = load_styles(write('[styles.a]\nprompt = "a($prompt)"\n[styles.b]\nprompt = "b(${prompt})"'))
    assert apply_styles("x", [styles["a"], styles["b"]]) == "b(a(x))"
    assert apply_styles("x\n", []) == "x\n"


def test_a_style_is_found_however_its_name_is_spelt():
    styles = load_styles()
    for written in ("pixel-art", "Pixel Art", " PIXEL_ART "):
        assert find_style(written, styles).name == "pixel-art"


def test_an_unknown_style_is_answered_with_the_nearest_and_the_list():
    with pytest.raises(
        PromptError, match=r"'watercolor' is not known.*Did you mean watercolour\?.*Available: anime"
    ):
        find_style("watercolor", load_styles())
    with pytest.raises(PromptError, match=r"'zzz' is not known\. Available: anime"):
        find_style("zzz", load_styles())


def test_two_styles_are_suggested_at_most(write):
    text = "".join(f'[styles.glaze-{number}]\nprompt = "$prompt"\n' for number in range(3))
    with pytest.raises(PromptError, match=r"Did you mean glaze-\d or glaze-\d\? Available"):
        find_style("glaze", load_styles(write(text)))
