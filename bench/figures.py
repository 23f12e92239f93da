"""What the benches do with what they measured: the median and its spread, an aim met or missed, a Markdown table."""
import statistics


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def spread(runs, key, unit=" s", digits=1):
    values = sorted(run[key] for run in runs)
    if unit == "":
        return f"{values[0]:g}" if values[0] == values[-1] else f"{values[0]:g} to {values[-1]:g}"
    least, middle, most = (f"{value:.{digits}f}" for value in (values[0], statistics.median(values), values[-1]))
    return f"{middle}{unit}" + (f" ({least} to {most})" if len(values) > 1 else "")


def verdict(met, aim):
    return f"{aim}: {'met' if met else '**missed**'}"


def show(heads, rows):
    for row in (heads, ["---"] * len(heads), *rows):
        print("| " + " | ".join(row) + " |")
