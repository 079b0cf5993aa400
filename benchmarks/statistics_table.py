"""The tables of ``docs/statistics.md``, from the record of the simulation.

python -m benchmarks.statistics_table
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.error_model import SIZES, TRUTHS

RECORD = Path(__file__).parents[1] / "results" / "benchmarks" / "statistics.json"
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


def tables(figures: dict[str, float]) -> list[str]:
    """Three Markdown tables: the 16 cells, other coverage, other false alarms; all in percent."""
    head = ["truth", "D × N", *COLUMNS]
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] * len(head)) + " |"]
    for name in TRUTHS:
        for d, n in SIZES:
            values = [f"{figures[f'{start}/{name}/{d}x{n}']:.1f}" for start in COLUMNS.values()]
            lines.append("| " + " | ".join([name, f"{d} × {n}", *values]) + " |")
    made = ["\n".join(lines)]
    for title, rows in (("coverage", OTHERS), ("false alarms", ALARMS)):
        lines = [f"| | {title} |", "| --- | --- |"]
        lines += [f"| {text} | {figures[key]:.1f} |" for text, key in rows.items()]
        made.append("\n".join(lines))
    return made


if __name__ == "__main__":
    print(*tables(json.loads(RECORD.read_text())["figures"]), sep="\n\n")
