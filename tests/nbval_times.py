"""A plugin for the nbval runs of make test: at the end, what each notebook took (pytest's --durations tells of single cells)."""

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    seconds = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            path = getattr(report, "nodeid", "").split("::")[0]
            if path.endswith(".ipynb"):
                seconds[path] += getattr(report, "duration", 0)
    terminalreporter.section("seconds of each notebook")
    for path, taken in seconds.most_common():
        terminalreporter.write_line(f"{taken:6.1f} {path}")
