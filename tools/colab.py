"""Single-file lessons: each built notebook with the helper package inside, to be opened on Colab or in an empty folder.

    python -m tools.colab dist/colab          dist/colab/vi/NN_name.ipynb … dist/colab/en/quiz.ipynb

A file carries the package's code, and of the weights and the question bank only what its own cells use. Its first code
cell unpacks them and installs small packages that are missing; PyTorch, torchvision and NumPy stay as they are.
The same checkout gives the same bytes.
"""

import argparse
import ast
import base64
import hashlib
import io
import re
import sys
import zipfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from packaging.requirements import Requirement

from .build import LANGUAGES, ROOT, built_path, code_of, problems, sources, write

KEPT = ("torch", "torchvision", "numpy")  # never installed, never changed by a lesson
MODULES = {"pillow": "PIL", "ipython": "IPython", "scikit-learn": "sklearn"}  # where import says another name than pip
LINE = 1000  # characters of the kit in one line: neither one huge line nor thousands
NOTEBOOK_LINK = re.compile(r"(?:\.\./)+(?:notebooks|quiz)/(vi|en)/(\w+\.ipynb)")

SETUP = '''\
#@title Chuẩn bị: chạy ô này trước · Set-up: run this cell first {{ display-mode: "form" }}
# Tệp này mang theo gói trợ giúp của khóa học (chuỗi ở cuối ô), nên chạy được một mình, trên Colab hay trong thư mục trống.
# This file carries the course's helper package (the string at the end), so it runs alone, on Colab or in an empty folder.
def set_up(kit, digest, language, packages, kept):
    import atexit, base64, hashlib, importlib, io, os, shutil, subprocess, sys, tempfile, zipfile
    from importlib.metadata import version
    from importlib.util import find_spec

    # 1 · unpack: on Colab where the file browser shows it, elsewhere into a folder that goes with the kernel
    data = base64.b64decode(kit)
    if hashlib.sha256(data).hexdigest() != digest:
        raise RuntimeError("Tệp notebook này bị hỏng; hãy tải lại. · This notebook file is damaged; get it again.")
    name = "vae_helpers_kit_" + digest[:12]
    folder = next((path for path in sys.path if os.path.basename(path) == name and os.path.isdir(path)), None)
    if folder is None:
        if "COLAB_RELEASE_TAG" in os.environ:
            folder = os.path.join("/content", name)
        else:
            room = tempfile.mkdtemp(prefix="vae_")
            atexit.register(shutil.rmtree, room, ignore_errors=True)
            folder = os.path.join(room, name)
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            file.extractall(folder)
    loaded = getattr(sys.modules.get("vae_helpers"), "__file__", "")
    if os.path.dirname(os.path.dirname(loaded)) != folder:  # none, or another edition of the package
        sys.path[:] = [folder, *(path for path in sys.path if path != folder)]
        for module in [module for module in sys.modules if module.split(".")[0] == "vae_helpers"]:
            del sys.modules[module]

    # 2 · install what is missing, and nothing else: the versions that are here stay
    absent = [package for package in kept if find_spec(package) is None]
    if absent:
        names = ", ".join(absent)
        raise RuntimeError(
            f"Ở đây chưa có {{names}}. Hãy mở tệp này trên Google Colab, hoặc cài {{names}} trước (pytorch.org). · "
            f"{{names}}: not installed here. Open this file on Google Colab, or install {{names}} first (pytorch.org)."
        )
    missing = [package for package, module in packages.items() if find_spec(module) is None]
    if missing:
        keep = os.path.join(folder, "keep.txt")
        with open(keep, "w") as file:
            file.writelines(f"{{package}}=={{version(package)}}\\n" for package in kept)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", keep, *missing]
        result = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if result.returncode:
            names, reason = ", ".join(missing), (result.stderr.strip() or "?").splitlines()[-1]
            raise RuntimeError(
                f"Không cài được {{names}}. Hãy kết nối mạng rồi chạy lại ô này. pip báo: {{reason}} · "
                f"{{names}} could not be installed. Connect to the network and run this cell again. pip says: {{reason}}"
            )
        importlib.invalidate_caches()

    import vae_helpers

    vae_helpers.set_language(language)
    print(f"✅ vae_helpers: {{folder}} · torch {{version('torch')}}")


set_up(
    """
{kit}
""",
    digest="{digest}",
    language="{language}",
    packages={packages},
    kept={kept},
)
del set_up
'''


def packages() -> dict[str, str]:
    """What requirements.txt asks for, without what is KEPT: the name for pip → the name for import."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = [Requirement(line).name for line in lines if line.strip() and not line.startswith("#")]
    return {name: MODULES.get(name, name) for name in names if name not in KEPT}


def needed_files(notebook: NotebookNode) -> dict[str, Path]:
    """The files that a lesson needs, by their names inside the kit: all code, the weights it names, the quiz's bank."""
    code = [code_of(cell) for cell in notebook.cells if cell.cell_type == "code"][1:]  # without the set-up cell
    words = {node.value for node in ast.walk(ast.parse("\n".join(code))) if isinstance(node, ast.Constant)}
    package = ROOT / "vae_helpers"
    files = {path.relative_to(ROOT).as_posix(): path for path in package.rglob("*.py")}
    for card in (package / "pretrained").glob("*.json"):
        if card.stem in words or any("pretrained_names" in cell for cell in code):
            for path in (card, card.with_suffix(".safetensors")):
                files[path.relative_to(ROOT).as_posix()] = path
    if any(re.search(r"\bquiz\b", cell) for cell in code):
        bank = ROOT / "quiz"
        for path in (bank / "questions.json", *(bank / "figures").glob("*.png")):
            files[f"vae_helpers/_quiz_bank/{path.relative_to(bank).as_posix()}"] = path
    return files


def pack(files: dict[str, Path]) -> bytes:
    """A zip archive of the files: the same for the same contents, whenever and wherever it is made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes())
    return packed.getvalue()


def setup_code(kit: bytes, language: str) -> str:
    text = base64.b64encode(kit).decode("ascii")
    return SETUP.format(
        kit="\n".join(text[start : start + LINE] for start in range(0, len(text), LINE)),
        digest=hashlib.sha256(kit).hexdigest(),
        language=language,
        packages=packages(),
        kept=KEPT,
    ).rstrip("\n")


def single_file(source: Path, language: str) -> NotebookNode:
    """The built notebook of a lesson as one file that runs alone, with its outputs."""
    notebook = nbformat.read(built_path(source, language), as_version=4)
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    setup.source = setup_code(pack(needed_files(notebook)), language)
    setup.metadata = nbformat.from_dict({"cellView": "form", "jupyter": {"source_hidden": True}})
    for cell in notebook.cells:
        if cell.cell_type == "markdown":  # all files of a language lie in one folder
            cell.source = NOTEBOOK_LINK.sub(
                lambda link: link[2] if link[1] == language else f"../{link[1]}/{link[2]}", cell.source
            )
    return notebook


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to write: vi/ and en/ are made in it")
    folder = parser.parse_args().folder
    stale = [problem for source in sources() for problem in problems(source)]
    if stale:
        print("\n".join(stale))
        return 1
    for source in sources():
        for language in LANGUAGES:
            path = folder / language / f"{source.stem}.ipynb"
            write(single_file(source, language), path)
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
