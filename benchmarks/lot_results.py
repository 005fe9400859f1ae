"""The results of `lot_run.py`: as lines while they come, as a table in docs/lot.md, and as a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, PICTURE = DOCS / "lot.md", DOCS / "images" / "lot.svg"
BEGIN, END = "<!-- written by benchmarks/lot_run.py --write -->\n", "<!-- end of what is written -->\n"

ROW, LEFT, WIDTH = 24, 330, 760
COLOURS = {"tables": "#2e7d6b", "plain": "#8fb8ad", "other": "#b0b0b0"}


@dataclass(frozen=True)
class Cost:
    """CPU and elapsed seconds of judging some devices, and the largest process in MiB."""

    count: int
    cpu: float
    wall: float
    memory: float = 0.0

    def each(self, seconds: float) -> float:
        """Microseconds for a device."""
        return seconds / self.count * 1e6


@dataclass
class Results:
    """Costs by title, in order; the first is bare verification, which all others are compared with."""

    machine: str
    costs: dict[str, Cost] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def begin(self, bare: Cost) -> None:
        """Prints the heading, and takes the cost of bare verification."""
        print(self.machine)
        print(f"{'':<40}{'devices':>9}{'CPU us':>10}{'wall us':>10}{'bare/CPU':>10}{'peak MiB':>10}")
        self.add("bare verification, parsed before", bare)

    def add(self, title: str, cost: Cost | None) -> None:
        """Prints a cost; None is something that is not on this machine."""
        if cost is None:
            print(f"{title:<40}{'not here':>9}")
            return
        self.costs[title] = cost
        memory = f"{cost.memory:.0f}" if cost.memory else ""
        print(
            f"{title:<40}{cost.count:>9,}{cost.each(cost.cpu):>10.1f}{cost.each(cost.wall):>10.1f}"
            f"{self.ratio(title):>10.2f}{memory:>10}",
            flush=True,
        )

    def note(self, text: str) -> None:
        """Prints a sentence that goes below the table."""
        print(text)
        self.notes.append(text)

    def ratio(self, title: str) -> float:
        """Bare verification by this cost; 0 where that was not measured."""
        bare, cost = next(iter(self.costs.values())), self.costs.get(title)
        return bare.each(bare.cpu) / cost.each(cost.cpu) if cost else 0.0

    def wall(self, title: str) -> float:
        """Elapsed seconds; 0 where that was not measured."""
        return self.costs[title].wall if title in self.costs else 0.0

    def peak(self) -> float:
        """The largest process of a lot, in MiB."""
        return max((cost.memory for title, cost in self.costs.items() if "from" in title), default=0.0)

    def write(self) -> None:
        """Puts the results into the documentation."""
        PICTURE.write_text(self.picture(), encoding="utf-8", newline="\n")
        text = PAGE.read_text(encoding="utf-8")
        head, begin, rest = text.partition(BEGIN)
        _, end, tail = rest.partition(END)
        if not (begin and end):
            raise ValueError(f"{PAGE.name} has no place for the results")
        PAGE.write_text(head + BEGIN + self.markdown() + END + tail, encoding="utf-8", newline="\n")

    def markdown(self) -> str:
        """The results as a table: ratios, which say more than times of a machine that nobody else has."""
        lines = [f"\n{self.machine[:1].upper()}{self.machine[1:]}.\n"]
        lines.append("| | devices | bare / CPU | bare / elapsed | most memory of a process |")
        lines.append("| --- |" + " --- |" * 4)
        bare = next(iter(self.costs.values()))
        for title, cost in self.costs.items():
            memory = f"{cost.memory:.0f} MiB" if cost.memory else ""
            elapsed = bare.each(bare.wall) / cost.each(cost.wall)
            lines.append(f"| {title} | {cost.count:,} | {self.ratio(title):.2f} | {elapsed:.2f} | {memory} |")
        return "\n".join([*lines, "", *self.notes, ""])

    def picture(self) -> str:
        """A bar for each ratio, and a line where judging costs what bare verification costs."""
        shown = {title: self.ratio(title) for title in self.costs if "2 workers" not in title}
        unit = (WIDTH - LEFT - 60) / max(shown.values())
        height = ROW * len(shown) + 40
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
            ' role="img" font-family="sans-serif" font-size="13">',
            "<title>Cost of bare verification divided by the cost of judging; longer is faster</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        ]
        for number, (title, ratio) in enumerate(shown.items()):
            y = 8 + number * ROW
            kind = "other" if "from" not in title else "plain" if "plain" in title else "tables"
            parts += [
                f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end" fill="#222222">{escape(title)}</text>',
                f'<rect x="{LEFT}" y="{y + 2}" width="{ratio * unit:.1f}" height="{ROW - 6}" fill="{COLOURS[kind]}"/>',
                f'<text x="{LEFT + ratio * unit + 6:.1f}" y="{y + 15}" fill="#222222">{ratio:.2f}</text>',
            ]
        mark = LEFT + unit
        end = 8 + len(shown) * ROW
        parts += [
            f'<line x1="{mark:.1f}" y1="4" x2="{mark:.1f}" y2="{end}" stroke="#222222" stroke-dasharray="4 3"/>',
            f'<text x="{mark:.1f}" y="{end + 18}" text-anchor="middle" fill="#222222">bare verification</text>',
            "</svg>",
        ]
        return "\n".join(parts) + "\n"
