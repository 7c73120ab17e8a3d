"""No text from outside reaches a markup parser: our source is read for it (rules: `kit.markup_lint`)."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.kit.markup_lint import lint, lint_folders

ROOT = Path(__file__).resolve().parents[1]

FRAME = """
from rich.text import Text
from textual.content import Content
from textual.widgets import Static

def drawn(name: str) -> Content:
    return Content(name)

class Row(Static):
    heading: Content
    def show(self, alarm: Alarm, cells: list[Text], note: str) -> None:
{body}
"""


def faults_of(body: str) -> list[int]:
    """The lines of the snippet that the lint finds, the first being 1."""
    source = FRAME.format(body=indent(body, " " * 8))
    return [fault.line - FRAME[: FRAME.index("{body}")].count("\n") for fault in lint({"row.py": source})]


def test_our_own_source_has_no_faults() -> None:
    """Both packages, every file."""
    assert [str(fault) for fault in lint_folders(ROOT, ("tradai_console", "screens"))] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("Static(alarm.name)", id="widget"),
        pytest.param("Static(f'{alarm.name} is late')", id="f-string"),
        pytest.param("self.notify(str(error), title='alarms')", id="toast"),
        pytest.param("self.notify('late', title=alarm.name)", id="title of a toast"),
        pytest.param("self.border_title = 'alarm ' + alarm.name", id="border title"),
        pytest.param("table.add_row(Text(alarm.name), plain(alarm.reason))", id="one cell of a row"),
        pytest.param("OptionList(Option(Content('a')), Option(note))", id="option"),
        pytest.param("text = Content('')\ntext = note\nself.update(text)", id="name that changes its kind"),
        pytest.param("Button(alarm.name, markup=False)", id="button, which knows no markup=False"),
        pytest.param("Content.from_markup(f'[b]{note}[/b]')", id="from markup"),
        pytest.param("Static(Text.from_ansi(note))", id="from ansi"),
        pytest.param("Static('fixed', markup=True)", id="markup asked for"),
        pytest.param("from rich.markup import escape", id="escape"),
        pytest.param("super().__init__(note)", id="base of a widget"),
        pytest.param("def render(self) -> str:\n    return f'{self.name}'", id="render"),
        pytest.param("table.add_row(*[cell.name for cell in cells])", id="row of unknown things"),
    ],
)
def test_planted_fault_is_found(body: str) -> None:
    """Each way in which a bare text reaches a parser, planted in a widget, is found on its line."""
    assert faults_of(body) == [body.count("\n") + 1]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("Static('[b]fixed[/b]')", id="literal"),
        pytest.param("Static(HELP)", id="constant"),
        pytest.param("Static(Content(alarm.name)), Label(Text(note))", id="wrapped"),
        pytest.param("Static(note, markup=False)", id="markup off"),
        pytest.param("self.notify(f'{note}', title=note, markup=False)", id="toast, markup off"),
        pytest.param("self.border_title = Content.assemble((note, 'bold'), ' ', alarm.name)", id="assembled"),
        pytest.param("table.add_row(*cells, Text(note), key=alarm.name)", id="row of texts"),
        pytest.param("table.add_row(*[Text(one.name) for one in alarms])", id="row made of texts"),
        pytest.param("text = Content(note)\nself.update(text)", id="name that holds content"),
        pytest.param(
            "Button(drawn(note)), Option(drawn(note) if note else 'none', id=note)", id="our function"
        ),
        pytest.param("self.update(self.heading)", id="annotated attribute"),
        pytest.param("Static(Content('\\n').join([Content(note)]))", id="joined"),
        pytest.param("Content.from_markup('[b]$name[/b]', name=note)", id="markup with a variable"),
        pytest.param("seen |= {alarm.name: note}", id="dictionary"),
        pytest.param("super().__init__(note, markup=False)", id="base, markup off"),
    ],
)
def test_correct_code_passes(body: str) -> None:
    """What the house style asks for raises no fault."""
    assert faults_of(body) == []


def test_files_that_cannot_draw_are_left_alone() -> None:
    """A title is only a title where Textual is."""
    assert lint({"parse.py": "class Parser:\n    def read(self, text):\n        self.title = text\n"}) == []
