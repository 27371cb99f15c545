import sys
from pathlib import Path

from . import build

sys.exit(build.command(build.__doc__, build.build, Path("dist", "site")))
