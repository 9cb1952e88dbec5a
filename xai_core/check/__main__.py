"""Check a method of your own, by the name of its function, MODULE:FUNCTION."""

import argparse
import os
import sys
from collections.abc import Sequence

from xai_core.check.examination import examine
from xai_core.methods import registered, shipped
from xai_core.registry import load, written


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and print the report. Returns the exit status: 0 where everything holds."""
    parser = argparse.ArgumentParser(prog="python -m xai_core.check", description=__doc__)
    parser.add_argument("method", metavar="MODULE:FUNCTION", help="such as mymethods:my_ig, in this folder")
    parser.add_argument("--claims", metavar="NAME", choices=list(shipped()), help="the method that it means to be")
    parser.add_argument("--output", choices=("probability", "logit"), help="the score that it explains")
    parser.add_argument("--no-zoo", action="store_true", help="judge no maps of drawn scenes")
    parser.add_argument("--collection", default="data.collection", metavar="MODULE", help="of the scenes (%(default)s)")
    given = parser.parse_args(arguments)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    about = {name: value for name in ("claims", "output") if (value := getattr(given, name))}
    try:
        row = load(given.method)
        registered.pop(row.name)
        found = examine(written(row) if about else row, zoo=not given.no_zoo, collection=given.collection, **about)
    except (TypeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(found)
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
