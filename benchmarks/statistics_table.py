"""The tables of ``docs/statistics.md``, from the records of the simulations.

python -m benchmarks.statistics_table    # writes them into the page, between its marks
"""

from __future__ import annotations

import json
import re

from benchmarks.common import RESULTS
from benchmarks.error_model import SIZES, TRUTHS
from benchmarks.simulate_metrics import misses
from benchmarks.simulate_power import CASES

PAGE = RESULTS.parents[1] / "docs" / "statistics.md"
COLUMNS = {
    "two-way": "coverage/two_way",
    "items only": "coverage/items_only",
    "draws only": "coverage/draws_only",
    "pooled": "coverage/pooled",
    "false alarms": "false_alarms/two_way",
    "power": "power/two_way",
    "power, as reported": "power/reported",
    "power, normal quantiles": "power/normal_quantiles",
}
OTHERS = {
    "item groups, difference, 10 × 2000": "coverage/groups/all/10x2000",
    "the same, groups ignored": "coverage/groups_ignored/all/10x2000",
    "item groups, one error, 10 × 2000": "coverage/groups_one_error/all/10x2000",
    "the same, groups ignored (one error)": "coverage/groups_ignored_one_error/all/10x2000",
    "methods, 3 and 3 seeds": "coverage/methods/3+3x2000",
    "methods, 5 and 5 seeds": "coverage/methods/5+5x2000",
    "methods, 3 and 8 seeds": "coverage/methods/3+8x2000",
    "grouped z, 2,000 items": "coverage/grouped_z/1x2000",
    "score interval, discordance 1 %": "coverage/tango/discordance_1",
    "score interval, discordance 20 %": "coverage/tango/discordance_20",
    "paired bootstrap, discordance 1 %": "coverage/bootstrap/discordance_1",
    "paired bootstrap, discordance 20 %": "coverage/bootstrap/discordance_20",
    "Wilson, 2,000 items, mean over errors of 1 to 99 %": "coverage/wilson/mean",
}
ALARMS = {
    "exact McNemar, largest over discordance 1–20 %": "false_alarms/mcnemar_exact/max_1_to_20",
    "mid-p McNemar, mean over discordance 1–20 %": "false_alarms/mcnemar_midp/mean_1_to_20",
    "grouped z": "false_alarms/grouped_z/1x2000",
    "item groups, 10 × 2000": "false_alarms/groups/all/10x2000",
    "methods, 3 and 3 seeds": "false_alarms/methods/3+3x2000",
    "methods, 3 and 8 seeds": "false_alarms/methods/3+8x2000",
    "paired t over 10 draws, items held fixed": "false_alarms/t_over_draws/10x2000",
    "sign test over 10 draws, items held fixed": "false_alarms/sign_over_draws/10x2000",
}


POWER = {
    "exact McNemar, discordance 1 %": "power/mcnemar_exact/discordance_1",
    "exact McNemar, discordance 20 %": "power/mcnemar_exact/discordance_20",
    "mid-p McNemar, discordance 1 %": "power/mcnemar_midp/discordance_1",
    "mid-p McNemar, discordance 20 %": "power/mcnemar_midp/discordance_20",
    "methods, 3 and 3 seeds": "power/methods/3+3x2000",
    "methods, 3 and 3 seeds, as reported": "power/methods_reported/3+3x2000",
    "methods, 3 and 3 seeds, t quantiles at the median ν": "power/methods_t_quantiles/3+3x2000",
    "methods, 5 and 5 seeds": "power/methods/5+5x2000",
    "methods, 5 and 5 seeds, as reported": "power/methods_reported/5+5x2000",
    "methods, 5 and 5 seeds, t quantiles at the median ν": "power/methods_t_quantiles/5+5x2000",
    "methods, 3 and 8 seeds": "power/methods/3+8x2000",
    "methods, 3 and 8 seeds, as reported": "power/methods_reported/3+8x2000",
    "methods, 3 and 8 seeds, t quantiles at the median ν": "power/methods_t_quantiles/3+8x2000",
}


def tables(figures: dict[str, float]) -> list[str]:
    """Four Markdown tables: the 16 cells, other coverage, false alarms and power; in percent."""
    head = ["truth", "D × N", *COLUMNS]
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] * len(head)) + " |"]
    for name in TRUTHS:
        for d, n in SIZES:
            values = [f"{figures[f'{start}/{name}/{d}x{n}']:.1f}" for start in COLUMNS.values()]
            lines.append("| " + " | ".join([name, f"{d} × {n}", *values]) + " |")
    made = ["\n".join(lines)]
    for title, rows in (("coverage", OTHERS), ("false alarms", ALARMS), ("power", POWER)):
        lines = [f"| | {title} |", "| --- | --- |"]
        lines += [f"| {text} | {figures[key]:.1f} |" for text, key in rows.items()]
        made.append("\n".join(lines))
    return made


def power_table(figures: dict[str, float]) -> str:
    """One Markdown table: planned sizes, promised and reached power, single pilots; in percent."""
    head = ("pilot", "planned", "promised", "reached", "single pilots", "range holds it")
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] * len(head)) + " |"]
    for case in CASES:
        for key in (name for name in figures if name.startswith(f"promised/{case.name}/")):
            plan = key.removeprefix("promised/")
            rows, items = round(figures[f"rows/{plan}"]), round(figures[f"items/{plan}"])
            size = f"{rows} × **{items:,}**" if "/items" in plan else f"**{rows}** × {items:,}"
            low, median, high = (
                figures[f"single/{name}/{plan}"] for name in ("low", "median", "high")
            )
            cells = (
                f"{case.name}, {case.pilot[0]} × {case.pilot[1]:,}",
                size,
                f"{figures[key]:.1f}",
                f"{figures[f'reached/{plan}']:.1f}",
                f"{low:.0f}, {median:.0f}, {high:.0f}",
                f"{figures[f'range_holds/{plan}']:.0f}",
            )
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def metrics_table(figures: dict[str, float]) -> str:
    """One Markdown table of the metrics beyond accuracy: coverage and false alarms, in percent."""
    start = "coverage/one/"
    places = [key.removeprefix(start).split("/", 1) for key in figures if key.startswith(start)]
    metrics = list(dict.fromkeys(metric for metric, _ in places))
    cells = list(dict.fromkeys(cell for _, cell in places))
    lines = ["| | " + " | ".join(cell.replace("/", ", ") for cell in cells) + " |"]
    lines.append("| --- |" + " --- |" * len(cells))
    for metric in metrics:
        texts = [
            " / ".join(
                f"{figures[f'{kind}/{metric}/{cell}']:.1f}"
                for kind in ("coverage/one", "coverage/difference", "false_alarms")
            )
            for cell in cells
        ]
        lines.append(f"| `{metric}` | " + " | ".join(texts) + " |")
    start = "coverage/bootstrap/"
    found = {key.removeprefix(start): v for key, v in figures.items() if key.startswith(start)}
    said = [f"`{key.split('/')[0]}` {value:.1f}" for key, value in found.items()]
    lines.append("\nBootstrap over items in place of influences: " + ", ".join(said) + ".")
    outside = [one.split(":")[0] for one in misses(figures)]
    said = [f"`{name.removeprefix('coverage/')}` {figures[name]:.1f}" for name in outside]
    lines.append("\nCoverage outside 95 ± 1.5 %: " + ", ".join(said) + ".")
    return "\n".join(lines)


def filled(page: str, made: list[str]) -> str:
    """The page with these tables between its marks, ``<!-- table 1 -->`` ... ``<!-- end -->``."""
    for number, table in enumerate(made, start=1):
        start = f"<!-- table {number} -->"
        page, found = re.subn(
            rf"{start}.*?<!-- end -->",
            lambda _, start=start, table=table: f"{start}\n\n{table}\n\n<!-- end -->",
            page,
            flags=re.DOTALL,
        )
        if found != 1:
            raise ValueError(f"{PAGE}: expected {start} ... <!-- end --> once, found {found}")
    return page


if __name__ == "__main__":
    read = {
        name: json.loads((RESULTS / f"{name}.json").read_text())["figures"]
        for name in ("statistics", "power", "metrics")
    }
    made = [*tables(read["statistics"]), power_table(read["power"]), metrics_table(read["metrics"])]
    PAGE.write_text(filled(PAGE.read_text(), made))
