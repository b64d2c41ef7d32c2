"""Charts as inline SVG: same numbers, same bytes; the numbers also stand in a table beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO

import pandas as pd

_THIS, _LAST = "#1a5490", "#b9c7d6"
_INK = "#0b0c0c"
_MOST = 12


def bars(name: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], described: str) -> str:
    """Horizontal bars, one group per label and one bar per series (two at most), as an SVG element.

    ``name`` makes the ids of the drawing unique on the page; ``described`` is what a screen reader says.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    height = 0.9 + (0.34 if len(series) > 1 else 0.26) * max(len(labels), 1)
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(6.0, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        places = range(len(labels))
        thick = 0.76 / max(len(series), 1)
        for number, ((words, values), colour) in enumerate(zip(series.items(), (_THIS, _LAST), strict=False)):
            offset = (number - (len(series) - 1) / 2) * thick
            drawn = axes.barh([place + offset for place in places], values, height=thick, color=colour, label=words)
            axes.bar_label(drawn, fmt="{:,.0f}", padding=3, color=_INK, fontsize=8)
        axes.set_yticks(list(places), [_short(label) for label in labels])
        axes.invert_yaxis()
        axes.xaxis.set_visible(False)
        axes.margins(x=0.15)
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
        if len(series) > 1:
            axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.4, 0.0), ncols=2)
        page = StringIO()
        figure.savefig(
            page, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}, transparent=True
        )
    return _inline(page.getvalue(), name, described)


def _short(label: str) -> str:
    return label if len(label) <= 34 else label[:33].rstrip() + "…"


def _inline(text: str, name: str, described: str) -> str:
    """The svg element alone, its ids made unique, named for screen readers."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    safe = described.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return text.replace("<svg ", f'<svg role="img" aria-label="{safe}" ', 1)


def chart_of(name: str, caption: str, totals: pd.DataFrame, has_last: bool) -> dict[str, str] | None:
    """Chart of counts: ``totals`` as of totals.beside_last_year, the largest twelve of them; None if all are 0."""
    rows = totals[totals["kind"] == "count"]
    largest = rows[["this_number", "last_number"]].max(axis=1).sort_values(ascending=False, kind="stable").index
    rows = rows.loc[largest[:_MOST]].sort_index()
    if rows.empty or rows["this_number"].sum() == 0:
        return None
    series = {"this year": rows["this_number"].tolist()}
    if has_last:
        series["last year"] = rows["last_number"].fillna(0).tolist()
    told = "; ".join(f"{label} {this}" for label, this in zip(rows["label"], rows["this"], strict=True))
    return {"svg": bars(name, rows["label"].tolist(), series, f"{caption}: {told}"), "caption": caption}
