"""The examples in the docstrings of xai_core, run as a reader would who pastes them: nothing is imported for them."""

import ast
import doctest
from pathlib import Path

import pytest

import xai_core

HOME = Path(xai_core.__file__).parent
DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef


def examples() -> list[doctest.DocTest]:
    """Every docstring that has a >>>, found in the source: a decorated function's too."""
    found, parser = [], doctest.DocTestParser()
    for file in sorted(HOME.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            text = (ast.get_docstring(node, clean=False) or "") if isinstance(node, DOCUMENTED) else ""
            if ">>>" in text:
                name = f"{file.relative_to(HOME)}:{getattr(node, 'name', 'module')}"
                found.append(parser.get_doctest(text, {}, name, str(file), node.body[0].lineno - 1))
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_example(example: doctest.DocTest):
    told: list[str] = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert not told, "".join(told)


@pytest.mark.parametrize("name", xai_core.catalogue())
def test_every_method_shows_a_number(name):
    """Its own docstring calls it, and prints what came out."""
    text = xai_core.catalogue()[name].function.__doc__ or ""
    shown = doctest.DocTestParser().get_examples(text)
    assert any(f"{name}(" in step.source for step in shown), f"{name} has no example that calls it"
    assert any(any(character.isdigit() for character in step.want) for step in shown), f"{name} prints no number"
