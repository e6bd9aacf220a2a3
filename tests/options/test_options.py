"""The table of options: what a line means, and what is said when it means nothing."""

import argparse
import contextlib
from decimal import Decimal

import pytest
from hypothesis import given as cases
from hypothesis import strategies as st

from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.options import (
    COMMANDS,
    OPTIONS,
    add_options,
    candidates,
    command_parser,
    find_command,
    given,
    help_text,
    magic_parser,
    quoted,
    split_line,
)


def read(line):
    return magic_parser().read(split_line(line))


def test_quotes_group_words_and_are_removed():
    assert split_line("""--alt "two words" -o 'r'""") == ["--alt", "two words", "-o", "r"]


def test_a_backslash_and_a_hash_are_only_themselves():
    assert split_line(r"--save C:\new\table.png --alt #1") == ["--save", r"C:\new\table.png", "--alt", "#1"]


def test_an_open_quote_is_named_and_explained():
    with pytest.raises(RequestError, match=r"is not closed.*apostrophe in double quotes"):
        split_line("--alt Rembrandt's house")


@cases(st.lists(st.text(st.characters(exclude_characters='"', exclude_categories=["C"]), min_size=1)))
def test_any_words_in_double_quotes_come_back_as_they_were(words):
    assert split_line(" ".join(f'"{word}"' for word in words)) == words


def test_every_option_parses_to_its_own_name():
    for option in OPTIONS:
        for flag in option.flags:
            sample = "" if option.switch else " 1"
            value = getattr(read(flag + sample), option.name)
            assert value is not None, flag
            assert value not in (False, []), flag


def test_no_two_options_share_a_flag():
    for face in ("magic", "cli"):
        flags = [f for o in OPTIONS if face in o.faces for f in o.flags_for(face)]
        assert len(flags) == len(set(flags))


def test_repeated_sources_keep_their_order():
    assert read("-i a.png -i last --style ink --style noir").image == ["a.png", "last"]


def test_two_lines_never_share_a_list():
    read("-i a.png")
    parser = magic_parser()
    assert parser.read(["-i", "x"]).image == ["x"]
    assert parser.read([]).image == []


def test_only_what_was_given_is_handed_on():
    options = read("-n 2 -s 1024x1024 --fresh --dry-run --max-cost $0.05")
    assert given(options, "request") == {"size": "1024x1024"}
    assert given(options, "call") == {"n": 2, "fresh": True, "max_cost": Decimal("0.05")}
    assert given(options, "face") == {"dry_run": True}


def test_zero_is_a_value_and_not_an_absence():
    assert given(read("--output-compression 0 --partial-images 0"), "request", "call") == {
        "output_compression": 0,
        "partial_images": 0,
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--stlye ink", "no option --stlye. Did you mean --style"),
        ("--qualty=low", "no option --qualty. Did you mean --quality"),
        ("--xyzzy", "no option --xyzzy. "),
        ("-n two", "'two' is not a whole number"),
        ("-n", "-n: expected one argument"),
        ("--max-cost cheap", "'cheap' is not an amount in US dollars"),
        ("--max-cost -1", "'-1' is not an amount in US dollars"),
        ("--max-cost nan", "'nan' is not an amount in US dollars"),
        ("--timeout 0", "'0' is not a time in seconds"),
        ("--timeout soon", "'soon' is not a time in seconds"),
        ("--fresh=yes", "ignored explicit argument"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(line, words):
    with pytest.raises(RequestError, match=words.replace("$", r"\$")) as caught:
        read(line)
    assert "\n" not in str(caught.value)


def test_an_abbreviated_flag_is_refused_with_the_whole_one():
    with pytest.raises(RequestError, match="Did you mean --quality"):
        read("--qual low")


@pytest.mark.parametrize("flag", ["-h", "--help", "--version"])
def test_no_flag_ends_the_process(flag):
    with pytest.raises(RequestError):
        read(flag)


@cases(st.lists(st.text(max_size=12), max_size=6))
def test_any_words_at_all_parse_or_raise_our_error(words):
    with contextlib.suppress(RequestError):
        magic_parser().read(words)


@pytest.mark.parametrize("line", ['"a cat" -n 2', '-n 2 "a cat"', '-n 2 "a cat" --fresh'])
def test_a_prompt_may_stand_before_between_or_after_options(line):
    options = read(line)
    assert options.words == ["a cat"]
    assert options.n == 2


def test_a_quoted_sentence_that_begins_with_a_dash_is_a_word():
    assert read('"- a list of cats"').words == ["- a list of cats"]


def test_a_quoted_word_is_told_from_a_bare_one():
    assert quoted("cat", "'cat' -n 2")
    assert not quoted("cat", "cat -n 2")


def test_every_command_has_a_parser_that_takes_an_empty_line_or_says_what_is_missing():
    for command in COMMANDS:
        if command.name != "show":
            command_parser(command.name).read([])
    with pytest.raises(RequestError, match="KEY"):
        command_parser("show").read([])


def test_a_budget_is_handed_on_as_it_was_written():
    options = command_parser("budget").read(["$0.10", "--per", "month"])
    assert (options.usd, options.per) == ("$0.10", "month")


def test_a_budget_for_an_unknown_time_names_the_known_ones():
    with pytest.raises(RequestError, match=r"session.*day.*month.*total"):
        command_parser("budget").read(["5", "--per", "week"])


def test_an_unknown_command_suggests_the_command_and_the_quotes():
    with pytest.raises(RequestError, match=r"Did you mean `%imagegen history`.*needs quotes"):
        find_command("histroy")


def test_too_many_words_for_a_command_are_refused():
    with pytest.raises(RequestError, match="unexpected argument 'b'"):
        command_parser("show").read(["a", "b"])


def test_help_names_every_option_and_command_within_the_width_of_a_pane():
    text = help_text()
    for option in OPTIONS:
        assert all(flag in text for flag in option.flags)
    for command in COMMANDS:
        assert f"%imagegen {command.name}" in text
    assert max(map(len, text.splitlines())) <= 110


def test_the_command_line_offers_the_same_options_but_those_of_the_notebook():
    parser = argparse.ArgumentParser(prog="jupyter imagegen generate")
    add_options(parser, face="cli")
    text = parser.format_help()
    assert "--quality" in text
    assert "--nowait" not in text
    assert parser.parse_args(["-o", "a.png"]).save == "a.png"


LISTS = {"models": ["gpt-image-2", "gpt-image-2.5-flare"], "qualities": ["low", "medium"], "styles": ["ink"]}


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%%imagegen --qual", ["--quality"]),
        ("%%imagegen -q l", ["low"]),
        ("%%imagegen --quality=m", ["medium"]),
        ("%%imagegen -m gpt-image-2.", ["gpt-image-2.5-flare"]),
        ('r = %imagegen "a cat" --sty', ["--style"]),
        ("%%imagegen --style ", ["ink"]),
        ("%imagegen co", ["costs", "config"]),
        ("%imagegen models ", LISTS["models"]),
        ("%imagegen budget 5 --per s", ["session"]),
        ("%imagegen budget 5 -", ["--per"]),
        ("%imagegen plan les", None),
        ("%imagegen plan a.ipynb --max-usd ", []),
        ("%imagegen plan a.ipynb --write --", ["--max-usd"]),
        ("%%imagegen -i la", ["last"]),
        ("%%imagegen -i pictures/", None),
        ("%%imagegen --save ", None),
        ("print(--qual", None),
        ("a lighthouse --qual", None),
    ],
)
def test_a_half_written_line_is_completed(text, offered):
    assert candidates(text, lambda name: LISTS.get(name, [])) == offered


def test_a_flag_that_stands_already_is_not_offered_again_unless_it_repeats():
    offered = candidates("%%imagegen -q low --style ink -", lambda name: [])
    assert "--quality" not in offered
    assert "--style" in offered


@cases(st.text())
def test_completion_takes_any_text(text):
    candidates("%%imagegen " + text, lambda name: ["a"])
