"""The embedded model beside llama.cpp's own server: the same file, prompts and numbers of threads.

    python3 -m venv /tmp/beside && /tmp/beside/bin/pip install xllamacpp
    /tmp/beside/bin/python tests/bench/llama_server.py target/release/tacet MODEL.gguf [RUNS]

The wheel of xllamacpp holds llama.cpp's server. Run by run in turn each reads a long prompt and
writes a short answer. The server's figures are its own; those of Tacet's worker are taken at its
pipe, so they contain the way there and back.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

READING = 2
WRITTEN = 128
STORY = "Write a long story about a lighthouse."


def long_prompt(run):
    # The number makes each one unknown to the cache.
    return f"Text {run}. Sum it up. " + "The tide comes in and goes out again. " * 220


class Worker:
    """Tacet's worker process, which writes with one core less than it reads with."""

    def __init__(self, executable, model):
        command = [executable, "local-worker"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.model, self.number = model, 0

    def ask(self, prompt, most):
        """Tokens read and seconds, tokens written after the first and seconds."""
        self.number += 1
        order = {
            "order": "answer",
            "number": self.number,
            "model_file": self.model,
            "conversation": [{"role": "user", "content": prompt}],
            "sampling": {"temperature": 0.0, "max_tokens": most},
        }
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        first = None
        for line in self.process.stdout:
            now, report = time.perf_counter(), json.loads(line)
            if report["report"] == "reading":
                began = now
            elif report["report"] == "text" and first is None:
                first, before = now, report["count"]["generated"]
            elif report["report"] == "ended":
                count = report["count"]
                read = count["prompt"] - count["cached"]
                return read, first - began, count["generated"] - before, now - first
        sys.exit("the worker broke off")


class Server:
    """llama.cpp's server in a process of its own."""

    def __init__(self, model, writing):
        command = [sys.executable, __file__, "serve", model, str(writing)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.address = self.process.stdout.readline().decode().strip()

    def ask(self, prompt, most):
        body = {
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0.0,
            "max_tokens": most,
            "repeat_penalty": 1.1,
            "repeat_last_n": 64,
        }
        request = urllib.request.Request(
            self.address + "/v1/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            timings = json.load(response)["timings"]
        return (
            timings["prompt_n"],
            timings["prompt_ms"] / 1e3,
            timings["predicted_n"],
            timings["predicted_ms"] / 1e3,
        )


def serve(model, writing):
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = int(writing)
    parameters.cpuparams_batch.n_threads = READING
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    signal.pause()


def main(executable, model, runs=10):
    sides = {
        f"Tacet, {READING} threads to read, {READING - 1} to write": Worker(executable, model),
        f"llama.cpp, {READING} and {READING - 1}": Server(model, READING - 1),
        f"llama.cpp, {READING} and {READING}": Server(model, READING),
    }
    figures = {name: ([], []) for name in sides}
    for side in sides.values():
        side.ask("Hi", 8)
    for run in range(int(runs)):
        for name, side in sides.items():
            read, seconds, _, _ = side.ask(long_prompt(run), 2)
            figures[name][0].append(read / seconds)
            _, _, written, seconds = side.ask(STORY, WRITTEN)
            figures[name][1].append(written / seconds)
    print(f"load average {os.getloadavg()[0]:.1f}, {runs} runs, tokens a second (least to most)")
    for name, (reading, writing) in figures.items():
        shown = [
            f"{what} {statistics.median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f})"
            for what, rates in (("reads", reading), ("writes", writing))
        ]
        print(f"  {name}: {', '.join(shown)}")
    for side in sides.values():
        side.process.kill()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
