"""How bench/run.py talks to a contender: a process that reads commands and answers with one line of JSON each.

    train N      N training steps       -> {"seconds": [...]}  one number a step
    warm N       N times a training step at every site -> the same; not for predictions
    predict N    N predictions          -> {"seconds": [...]}
    memory       peak resident memory   -> {"bytes": ...}
    quit

The contender says {"ready": VERSION} when the first step can begin, and answers only when the work is really done.
"""

import json
import resource
import sys
import time


def timed(count, step):
    seconds = []
    for _ in range(count):
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    return {"seconds": seconds}


def peak_memory():
    return {"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def answer(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def serve(version, actions):
    """`actions`: name -> function of a count."""
    answer({"ready": version})
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            return
        if words[0] == "memory":
            answer(peak_memory())
        else:
            answer(actions[words[0]](int(words[1])))
