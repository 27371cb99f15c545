"""The branch "built": the course as the last commit has it, with the badges and the install line of the repository it lies in.

    python -m tools.branch                   makes the commit and prints its name
    python -m tools.branch --push origin     and pushes it there as the branch "built"

Colab opens lessons from that branch, so their "Open in Colab" badge works in every fork without an edit; the notebooks on the
main branch stay as they are. Nothing in the working tree changes, and nothing is executed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from .edition import BUILT, ROOT, built_path, colab_address, repository_url, site_url, sources
from .one_language import LANGUAGES
from .stored import NotPublishable, published

AUTHOR = {"GIT_AUTHOR_NAME": "tools.branch", "GIT_AUTHOR_EMAIL": "", "GIT_COMMITTER_NAME": "tools.branch", "GIT_COMMITTER_EMAIL": ""}  # fmt: skip
READMES = {"vi": "README.vi.md", "en": "README.md"}
FIRST_LINE = {
    "vi": ("Đọc ngay trên web", "Mở bài 00 trong Colab"),
    "en": ("Read it on the web", "Open lesson 00 in Colab"),
}


def stamped(url: str) -> dict[str, bytes]:
    """The files of the branch that differ from the commit's: path → content. Raises NotPublishable, see stored.published."""
    files = {}
    for language in LANGUAGES:
        for source in sources():
            path = built_path(source, language).relative_to(ROOT).as_posix()
            files[path] = (nbformat.writes(published(source, language, url)) + "\n").encode()
        readme = ROOT / READMES[language]
        if readme.exists():
            files[READMES[language]] = readme_with_ways(readme.read_text(encoding="utf-8"), url, language).encode()
    return files


def readme_with_ways(text: str, url: str, language: str) -> str:
    """A README with the way to the site and to Colab below its title."""
    web, colab = FIRST_LINE[language]
    first = colab_address(url, sources()[0], language)
    line = f"[{web}]({site_url(url)}{language}/index.html) · [{colab}]({first})"
    head, title, rest = text.partition("\n# ")
    name, _, body = rest.partition("\n")
    return f"{head}{title}{name}\n\n**{line}**\n{body}" if title else f"**{line}**\n\n{text}"


def git(*arguments: str, content: bytes | None = None, **environment: str) -> str:
    """What git says to a command in the repository. Raises CalledProcessError with git's reason in stderr."""
    command = ["git", "-C", str(ROOT), *arguments]
    result = subprocess.run(command, input=content, env={**os.environ, **environment}, capture_output=True, check=True)
    return result.stdout.decode().strip()


def commit(files: dict[str, bytes]) -> str:
    """A commit without a parent: the last commit's tree with these files in it. Gives its name."""
    with tempfile.TemporaryDirectory() as room:
        index = {"GIT_INDEX_FILE": str(Path(room) / "index")}
        git("read-tree", "HEAD", **index)
        for path, content in files.items():
            name = git("hash-object", "-w", "--stdin", content=content)
            git("update-index", "--add", "--cacheinfo", f"100644,{name},{path}", **index)
        tree = git("write-tree", **index)
    return git(
        "commit-tree", tree, "-m", f"The course of {git('rev-parse', '--short', 'HEAD')} with its badges", **AUTHOR
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.branch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--push", metavar="REMOTE", help="a remote of this repository, or an address")
    arguments = parser.parse_args()
    url = repository_url()
    if not url:
        print(
            "This repository has no address: no remote `origin` on GitHub, and none in pyproject.toml.", file=sys.stderr
        )
        return 1
    try:
        made = commit(stamped(url))
        if arguments.push:
            git("push", "--force", arguments.push, f"{made}:refs/heads/{BUILT}")
    except NotPublishable as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(error.stderr.decode().strip(), file=sys.stderr)
        return 1
    print(f"{BUILT} {made} for {url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
