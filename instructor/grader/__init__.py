"""Grading a class: submissions found (submissions), run in a sandbox (sandbox, inside, wire), judged (judge), told (report)."""
