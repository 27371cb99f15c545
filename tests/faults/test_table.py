"""The table for people, in tests/README.md, has the rows that the tests have."""

from tests.faults import test_data, test_packages, test_quiz, test_training
from tests.faults.support import ROOT


def test_the_table_for_people_has_the_same_rows():
    lines = (ROOT / "tests" / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1].strip() for line in lines if line.startswith("| ")][2:]
    tables = [file.TABLE for file in (test_data, test_training, test_quiz, test_packages)]
    assert rows == [fault for table in tables for fault in table]
