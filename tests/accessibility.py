"""Axe-core in the page of a test: what would keep a person with a screen reader or a keyboard out.

::

    from accessibility import serious_faults
    assert serious_faults(page, ".ig") == []
"""

from __future__ import annotations

from importlib.resources import files

import pytest

_RUN = """async (selector) => {
    const found = await axe.run({ include: [[selector]] },
        { resultTypes: ['violations'], rules: { region: { enabled: false } } });
    return found.violations.filter(rule => ['serious', 'critical'].includes(rule.impact)).flatMap(rule =>
        rule.nodes.map(node => `${rule.id} (${rule.impact}): ${rule.help}: ${node.target.join(' ')}: `
            + node.any.concat(node.all, node.none).map(check => check.message).join('; ')));
}"""


def serious_faults(page, selector):
    """What axe-core calls serious or critical inside `selector`, a sentence each; an empty list is good.

    The test is skipped where axe-playwright-python, which brings axe-core's script, is not installed. It fails
    where the selector finds nothing: an absent panel has no faults.
    """
    pytest.importorskip("axe_playwright_python", reason="axe-core comes with axe-playwright-python")
    if not page.locator(selector).count():
        raise AssertionError(f"there is no {selector} in the page")
    if not page.evaluate("() => !!window.axe"):
        # Evaluated, not as a script element: no content security policy stands against it.
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate(_RUN, selector)


def faults_in_both_themes(page, selector):
    """The same in JupyterLab's or Notebook's light theme and in the dark one; the light one is set again."""
    faults = serious_faults(page, selector)
    try:
        _set_theme(page, "Dark", "false")
        faults += [f"dark: {fault}" for fault in serious_faults(page, selector)]
    finally:
        _set_theme(page, "Light", "true")
    return faults


def _set_theme(page, name, light):
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
        f"JupyterLab {name}",
    )
    page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")
    # Colours that fade would be measured half way.
    page.evaluate("() => Promise.all(document.getAnimations().map(one => one.finished.catch(() => null)))")
