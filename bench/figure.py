"""The figure of docs/performance.md: a bar for each row of the benchmark, drawn by gnuplot."""

import os
import subprocess


def label(row):
    return f"{row['work']}, batch {row['batch']}"


def threads_text(threads):
    return f"{threads} thread{'s' * (int(threads) > 1)}"


def bars(measured):
    """Label, row and colour of each bar: below a work with the first number of threads the others of it, and bf16."""
    first = max((r["threads"] for r in measured["rows"]), default=0)
    out = []
    for row in measured["rows"]:
        if row["threads"] != first:
            continue
        out.append((f"{row['what']} {label(row)}", row, "0x2b6cb0"))
        for other in measured["rows"] + measured["bf16"]:
            if other is not row and all(other[k] == row[k] for k in ("work", "what", "batch")):
                bf16 = other["precision"] == "bf16"
                out.append(("bf16" if bf16 else threads_text(other["threads"]), other, "0x2f855a" if bf16 else "0x90bce8"))
    return out + [(f"{row['what']} {label(row)}", row, "0x718096") for row in measured["growth"]]


def write_figure(measured, path):
    """Ratio of every row to the fastest peer, with the range over rounds. False where there are no rows."""
    drawn = bars(measured)
    if not drawn:
        return False
    data = "\n".join(f"\"{name}\" {r['ratio_median']} {r['ratio_min']} {r['ratio_max']} {colour}"
                     for name, r, colour in drawn)
    script = f"""set terminal pngcairo noenhanced size 1400,{120 + 34 * len(drawn)} font 'sans,15'
set output '{path}'
$rows << END
{data}
END
set style fill solid 0.85 noborder
set yrange [{len(drawn)}-0.4:-0.6]
set logscale x # a bar begins at 1, as fast as the peer; ratios range from 1 to 100
set xrange [{min([0.9] + [0.9 * r['ratio_min'] for _, r, _ in drawn]):.3g}:{1.5 * max(r['ratio_max'] for _, r, _ in drawn):.3g}]
set xtics (0.5, 1, 2, 3, 5, 10, 20, 50, 100)
set grid x lc rgb '#dddddd'
set border 1
set tics nomirror scale 0
set lmargin 34
set xlabel 'times as fast as the fastest of PyTorch and TensorFlow (bar: median, line: range over rounds)'
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb '#555555' dt 2 front
unset key
plot $rows using 2:0:(1):2:($0-0.36):($0+0.36):5:ytic(1) with boxxyerror lc rgb variable, \\
     '' using 2:0:3:4 with xerrorbars pt -1 lw 2 lc rgb '#1a202c', \\
     '' using 4:0:(sprintf('  %.2f', $2)) with labels left font ',14'
"""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run(["gnuplot", "-"], input=script, text=True, check=True)
    return True
