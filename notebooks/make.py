"""Run the notebooks and save them as they are committed, or write copies without solutions.

python notebooks/make.py [names …]          run all (or these) from the top, save them with clean outputs
python notebooks/make.py --check [names …]  run nothing, say which are not as this would save them
python notebooks/make.py --students FOLDER  copies without the cells tagged «solution», to hand out
"""

import argparse
import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

HERE = Path(__file__).parent
WIDGET = "application/vnd.jupyter.widget-view+json"


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what differs from one run to the next: times, widget states, the Python's version."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code" and any(WIDGET in output.get("data", {}) for output in cell.outputs):
            cell.outputs = []  # a widget is alive or it is nothing; the picture before it is what the web shows
    return notebook


def run(path: Path) -> NotebookNode:
    """The notebook, run from the top in its own folder. Raises nbclient's CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources, coalesce_streams=True)
    client.execute()
    return cleaned(notebook)


def is_clean(path: Path) -> bool:
    """Whether the file is, to the byte, as `cleaned` and nbformat write it."""
    return path.read_text(encoding="utf-8") == nbformat.writes(cleaned(nbformat.read(path, as_version=4))) + "\n"


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """The notebook without the cells tagged «solution»."""
    notebook.cells = [cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])]
    return notebook


def main() -> int:
    """Read the command line and do what it says. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks, such as 08_saturation; none means all")
    parser.add_argument("--students", metavar="FOLDER", type=Path, help="write copies without solutions there")
    parser.add_argument("--check", action="store_true", help="run nothing, say which are not clean")
    arguments = parser.parse_args()
    paths = [HERE / f"{Path(name).stem}.ipynb" for name in arguments.names] or sorted(HERE.glob("[0-9]*.ipynb"))
    if arguments.check:
        soiled = [path.stem for path in paths if not is_clean(path)]
        for name in soiled:
            print(f"{name} is not clean: run `python notebooks/make.py {name}`")
        return bool(soiled)
    if arguments.students:
        arguments.students.mkdir(parents=True, exist_ok=True)
        shutil.copytree(HERE / "checks", arguments.students / "checks", dirs_exist_ok=True)
    for path in paths:
        if arguments.students:
            copy = without_solutions(nbformat.read(path, as_version=4))
            nbformat.write(copy, arguments.students / path.name)
        else:
            nbformat.write(run(path), path)
        print(path.stem)
    return 0


if __name__ == "__main__":
    sys.exit(main())
