#!/usr/bin/env python3
"""Measures operations on manifests: Attache, the incumbent and the floor, in turn, in one run.

    run.py --build DIRECTORY [--data DIRECTORY] [--incumbent PYTHON] [--entries N] [--rounds N] [--only NAME[,NAME]...]
           [--formats FORMAT[,FORMAT]] [--orders canonical[,shuffled]] [--pin] [--json FILE]

Each operation runs in a process of its own. In each round the programs run one after the other, so that a ratio
compares neighbours; what is printed are medians over the rounds, of the ratios, too. bench/README.md says what the
columns mean. Exit status 0 if everything ran and all programs did the same work (equal proofs); goals that are missed
are printed and change nothing.
"""

import argparse
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIB = 1 << 20
REFERENCE_ENTRIES = 1_000_000  # what the goals are about


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of the table."""

    operation: str  # as the programs call it
    documents: tuple  # variants of the document, in the order of the arguments
    writes: bool = False
    floor: str = ""  # the operation of the floor programs
    order: str = "canonical"

    @property
    def format(self):
        return self.operation.partition(".")[0]

    @property
    def name(self):
        return self.operation.partition(".")[2]


# What is done with each document, by format: (operation, variants of the document, operation of the floor).
CODECS = [
    ("decode", ("base",), "{}.decode"),
    ("validate", ("base",), ""),
    ("encode", ("base",), "encode"),
    ("encode-to-sink", ("base",), ""),
    ("encode-to-file", ("base",), "encode-to-file"),
]
OPERATIONS = {
    "v2023": [
        *CODECS,
        ("diff", ("base", "changed"), ""),
        ("merge", ("base", "other"), ""),
        ("filter-by-predicate", ("base",), ""),
        ("subtree", ("base",), ""),
    ],
    "v2025": [
        *CODECS,
        ("diff", ("base", "changed"), ""),
        ("apply", ("base", "changed"), ""),
        ("merge", ("base", "other"), ""),
        ("compose", ("base", "other"), ""),
        ("filter", ("base",), ""),
        ("filter-by-predicate", ("base",), ""),
        ("subtree", ("base",), ""),
        ("partition", ("base",), ""),
        ("partition-by-shots", ("base",), ""),
        ("join", ("base",), ""),
    ],
}
# In memory a manifest of v2025-12 is in order, however its document was.
READ_DOCUMENTS = ("decode", "validate")


def cases(orders):
    """Everything there is to measure. Programs that lack an operation are left out of its line."""
    return [
        Case(f"{version}.{name}", documents, name == "encode-to-file", floor.format(version), order)
        for version, operations in OPERATIONS.items()
        for order in orders
        for name, documents, floor in operations
        if version == "v2023" or order == "canonical" or name in READ_DOCUMENTS
    ]


@dataclasses.dataclass
class Program:
    title: str
    command: list
    operations: set

    def operation(self, case):
        """What this program calls the case's operation, or None."""
        name = case.floor if self.title.startswith("floor") else case.operation
        return name if name in self.operations else None


@dataclasses.dataclass
class Sample:
    """One process."""

    cpu: float  # seconds of the operation alone, as all below but maxrss and whole_cpu
    wall: float
    before: int  # bytes resident when the operation began
    peak: int  # at most until it ended
    proof: str
    maxrss: int  # of the whole process, from wait4
    whole_cpu: float


def run_once(command):
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with status {process.returncode}\n{output}")
    fields = dict(line.split(" ", 1) for line in output.splitlines())
    return Sample(
        float(fields["OP"]), float(fields["WALL"]), int(fields["BEFORE"]), int(fields["PEAK"]), fields["PROOF"],
        usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime,
    )  # fmt: skip


class Documents:
    """The generated documents, made once and kept."""

    def __init__(self, folder, generator, entries):
        self.folder, self.generator, self.entries = folder, generator, entries
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, version, variant, order):
        path = self.folder / f"{version}-{variant}-{order}-{self.entries}.json"
        if not path.exists():
            partial = path.with_suffix(".partial")
            words = ["shuffled"] if order == "shuffled" else []
            command = [self.generator, "generate", version, variant, str(self.entries), *words, partial]
            subprocess.run(command, check=True)
            partial.rename(path)
        return path

    def proof(self, path):
        command = [self.generator, "proof", path]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def of(self, case):
        return [self.path(case.format, variant, case.order) for variant in case.documents]

    def warm(self, case):
        """Into the page cache, so that no program pays for the disk; without much memory of our own."""
        for path in self.of(case):
            with open(path, "rb", buffering=0) as file:
                while file.read(MIB):
                    pass


def find_programs(options):
    folder = options.build / "bench"
    decoders = {"v2023.decode", "v2025.decode"}
    programs = [
        Program("attache", [folder / "attache_bench_manifest"], set()),
        Program("floor", [folder / "attache_bench_floor"], decoders | {"encode", "encode-to-file"}),
        Program("floor native", [folder / "attache_bench_floor_native"], decoders),
    ]
    if options.incumbent:
        programs.append(Program("incumbent", [options.incumbent, HERE / "incumbent.py"], set()))
    for program in programs:
        if not Path(program.command[0]).exists():
            raise SystemExit(f"{program.command[0]} is not there: scripts/bench builds it")
        if not program.operations:
            listed = subprocess.run(program.command, check=True, capture_output=True, text=True).stdout
            program.operations = {line.split()[0] for line in listed.splitlines()}
    return programs


def measure(case, programs, documents, output, rounds):
    """Returns {program title: [Sample per round]} of those that have the operation, or None if Attache has it not."""
    able = [(program, name) for program in programs if (name := program.operation(case))]
    if all(program.title != "attache" for program, _ in able):
        return None
    files = documents.of(case) + ([output] if case.writes else [])
    samples = {program.title: [] for program, _ in able}
    documents.warm(case)
    for _ in range(rounds):
        for program, name in able:
            samples[program.title].append(run_once([*program.command, name, *files]))
            output.unlink(missing_ok=True)
    return samples


def check_proofs(case, samples, documents):
    """Programs that print a proof of the same kind must print the same one, and encoders that of the canonical
    document, which was made by rule."""
    ours = samples["attache"][0].proof
    if " xxh128 " in ours:
        ours = documents.proof(documents.path(case.format, "base", "canonical"))
    wrong = []
    for title, runs in samples.items():
        for sample in runs:
            comparable = title == "attache" or sample.proof.split()[::2] == ours.split()[::2]
            if comparable and sample.proof != ours:
                wrong.append(f"{case.operation}, {case.order}: {title} has {sample.proof!r}, attache {ours!r}")
    return wrong


def median(samples, field):
    return statistics.median(getattr(sample, field) for sample in samples)


def ratio(above, below):
    """The median of what each round says."""
    return statistics.median(one.cpu / other.cpu for one, other in zip(above, below))


@dataclasses.dataclass
class Row:
    case: Case
    samples: dict
    document_bytes: int

    def cpu(self, title):
        return median(self.samples[title], "cpu") if title in self.samples else None

    def faster(self):
        return ratio(self.samples["incumbent"], self.samples["attache"]) if "incumbent" in self.samples else None

    def of_floor(self, title):
        return ratio(self.samples["attache"], self.samples[title]) if title in self.samples else None

    def peak(self):
        return median(self.samples["attache"], "peak")

    def added(self):
        return statistics.median(sample.peak - sample.before for sample in self.samples["attache"])

    def cells(self):
        def show(value, form):
            return "" if value is None else form.format(value)

        incumbent = self.samples.get("incumbent")
        return [
            self.case.operation, self.case.order,
            show(self.cpu("attache"), "{:.3f}"), show(self.cpu("incumbent"), "{:.2f}"), show(self.faster(), "{:.1f}"),
            show(self.cpu("floor"), "{:.3f}"), show(self.of_floor("floor"), "{:.2f}"),
            show(self.cpu("floor native"), "{:.3f}"), show(self.of_floor("floor native"), "{:.2f}"),
            f"{self.peak() / MIB:.0f}", f"{self.peak() / self.document_bytes:.2f}", f"{self.added() / MIB:.1f}",
            show(incumbent and median(incumbent, "peak") / MIB, "{:.0f}"),
        ]  # fmt: skip


HEADINGS = [
    "operation", "order", "CPU s", "incumbent", "x faster", "floor", "of it", "native", "of it",
    "peak MiB", "x doc", "added MiB", "inc. peak",
]  # fmt: skip


def table(rows):
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]

    def padded(line):
        texts = [cell.ljust(width) for cell, width in zip(line[:2], widths)]
        return "  ".join(texts + [cell.rjust(width) for cell, width in zip(line[2:], widths[2:])]).rstrip()

    return "\n".join(map(padded, lines))


def goals(rows):
    """Yields (met, text) of every goal that the rows have a figure for."""
    for row in rows:
        what = f"{row.case.operation}, {row.case.order}"
        name = row.case.name
        yield row.cpu("attache") < 0.5, f"{what}: below 0.5 s CPU: {row.cpu('attache'):.3f}"
        least = {"decode": 15, "encode": 40}.get(name)
        if least and row.faster() is not None:
            yield row.faster() >= least, f"{what}: at least {least} x faster than the incumbent: {row.faster():.1f}"
        if name == "decode":
            for floor in ("floor", "floor native"):
                if floor in row.samples:
                    value = row.of_floor(floor)
                    yield value <= 0.7, f"{what}: at most 0.7 of the {floor}'s pass: {value:.2f}"
            value = row.peak() / row.document_bytes
            yield value <= 1.7, f"{what}: peak memory at most 1.7 x the document: {value:.2f}"
        if name == "encode-to-file":
            value = row.added() / MIB
            yield value <= 16, f"{what}: at most 16 MiB more than the manifest: {value:.1f}"


def as_json(options, rows):
    return {
        "entries": options.entries,
        "rounds": options.rounds,
        "pinned": options.pin,
        "machine": platform.platform(),
        "processors": os.cpu_count(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "rows": [
            {
                "operation": row.case.operation,
                "order": row.case.order,
                "document_bytes": row.document_bytes,
                "samples": {title: [dataclasses.asdict(one) for one in runs] for title, runs in row.samples.items()},
            }
            for row in rows
        ],
    }


def words(text):
    return [word for word in text.split(",") if word]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, help="the build directory with ATTACHE_BUILD_BENCHMARKS")
    parser.add_argument("--data", type=Path, help="where the documents are kept (default: bench-data in the build)")
    parser.add_argument("--incumbent", help="the Python that has it; without, it is left out")
    parser.add_argument("--entries", type=int, default=REFERENCE_ENTRIES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=words, help="operations, e.g. decode,diff")
    parser.add_argument("--formats", type=words, default=["v2023", "v2025"])
    parser.add_argument("--orders", type=words, default=["canonical", "shuffled"])
    parser.add_argument("--pin", action="store_true", help="everything on one processor")
    parser.add_argument("--json", type=Path, help="also write every sample to this file")
    options = parser.parse_args()
    if options.pin:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the programs inherit it

    data = options.data or options.build / "bench-data"
    programs = find_programs(options)
    documents = Documents(data, programs[0].command[0], options.entries)
    rows, missing, wrong = [], [], []
    for case in cases(options.orders):
        if case.format not in options.formats or (options.only and case.name not in options.only):
            continue
        samples = measure(case, programs, documents, data / "output", options.rounds)
        if samples is None:
            missing.append(case.operation)
            continue
        wrong += check_proofs(case, samples, documents)
        rows.append(Row(case, samples, documents.of(case)[0].stat().st_size))
        print(f"{case.operation}, {case.order}: {rows[-1].cpu('attache'):.3f} s", file=sys.stderr, flush=True)

    print(f"{options.entries:,} entries, {options.rounds} rounds{', pinned' if options.pin else ''}\n")
    print(table(rows))
    if options.entries == REFERENCE_ENTRIES:
        judged = list(goals(rows))
        print(f"\n{sum(met for met, _ in judged)} of {len(judged)} goals are met; not met:")
        print("\n".join(f"  {text}" for met, text in judged if not met) or "  none")
    if missing:
        print(f"\nNot in attache_bench_manifest: {', '.join(sorted(set(missing)))}")
    print("".join(f"\nOTHER WORK: {line}" for line in wrong), end="")
    if options.json:
        options.json.write_text(json.dumps(as_json(options, rows), indent=1) + "\n", encoding="ascii")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
