"""The colours, line styles and marks of every figure: told apart by colour-blind readers, and in grey print."""

__all__ = ["LINE_COLOURS", "LINE_STYLES", "MARKS", "TEN_COLOURS"]

# Ten colours for clouds and classes: M. Petroff, "Accessible Color Sequences for Data Visualization", 2021.
TEN_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)

# For thin lines, each at least 3 : 1 on white: Okabe & Ito's blue, vermilion and green, then Petroff's dark colours.
LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#832db6", "#a96b59", "#717581")
LINE_STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
MARKS = ("o", "s", "^", "D", "v", "P", "X")
