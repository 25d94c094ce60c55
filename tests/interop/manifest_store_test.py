"""Manifests in a store, both ways: where they are, which of them count, and what they say, against the incumbent's own
functions on a real S3 server that logs its requests."""

import hashlib
import json
import tempfile
import time
from pathlib import Path

from support.cases import IncumbentOnS3Case
from support.s3_server import S3Server

FARM = "farm-" + "1" * 32
QUEUE = "queue-" + "2" * 32
BUCKET = "farm-bucket"
PREFIX = "root prefix/téam"
URI = f"s3://{BUCKET}/{PREFIX}"

JOBS, STEPS, TASKS, ACTIONS = 3, 4, 50, 2
ROOTS = [("/mnt/projects/shot 1", None), ("/mnt/プロジェクト/é", "Loc A"), ("C:\\Users\\me\\scene", None)]
PAGE = 1000


class LoggedServer(S3Server):
    """One that writes a line for each request."""

    def secrets(self):
        return {**super().secrets(), "VGW_ACCESS_LOG": str(self.log.with_name("access.log"))}

    def requests(self, expected=0):
        """Attache's operations since the last call, e.g. s3_GetObject. Waits a little until so many are logged."""
        path = self.log.with_name("access.log")
        deadline = time.monotonic() + 5
        while True:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[getattr(self, "read", 0) :]
            ours = [line for line in lines if " attache/" in line]
            if len(ours) >= expected or time.monotonic() > deadline:
                self.read = getattr(self, "read", 0) + len(lines)
                return [word for line in ours for word in line.split() if word.startswith("s3_")]
            time.sleep(0.01)


def digest(text):
    return hashlib.md5(text.encode()).hexdigest()  # any 32 hex digits


def entries_of(job, step, task, action):
    """Two files of their own, and two that others have too: of those the newest counts."""
    own = f"{step}/{task}/"
    names = [f"frames/{own}{action}.exr", f"cache/{own}é.bin", f"logs/{step}.txt", "last.txt"]
    return [
        [name, digest(f"{job}/{step}/{task}/{action}/{name}"), 10 * task + action + i, 1_700_000_000_000_000 + i]
        for i, name in enumerate(names)
    ]


def output_of(job, step, task, action, location_of=lambda location: location):
    """An output manifest; every other step runs in chunks, and then there is no task."""
    root, location = ROOTS[(task + step) % len(ROOTS)]
    ids = [FARM, QUEUE, f"job-{job}", f"step-{step}"] + ([f"task-{step}-{task}"] if step % 2 else [])
    number = (job * STEPS + step) * TASKS + task
    return {
        "ids": ids,
        "session_action_id": f"sessionaction-{digest(str(number))}-{action}",
        "time": 1_700_000_000.25 + number * 10 + action,
        "root": root,
        "location": location_of(location),
        "entries": entries_of(job, step, task, action),
    }


class ManifestStore(IncumbentOnS3Case):
    server_class = LoggedServer

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.create_bucket(BUCKET)  # one for all: its jobs are written once
        cls.written = False

    def setUp(self):
        super().setUp()
        self.attache = self.attache_with_server()

    # --- steps

    def write_jobs(self):
        """Once, when a test needs them: by one process of the incumbent, session action after session action."""
        if type(self).written:
            return
        outputs = [
            output_of(job, step, task, action)
            for action in range(ACTIONS)
            for job in range(JOBS)
            for step in range(STEPS)
            for task in range(TASKS)
        ]
        self.incumbent.write_output_manifests(BUCKET, PREFIX, outputs)
        type(self).written = True

    def download(self, *options, status=0, uri=URI):
        """The report, and the texts of the manifests by root."""
        directory = Path(tempfile.mkdtemp(dir=self.folder))
        outcome = self.attache.run("manifest", "download", directory, "--s3-root-uri", uri, "--json", *options)
        self.assertEqual(outcome.status, status, outcome)
        report = outcome.json()
        texts = {
            each["manifest_root"]: Path(each["local_manifest_path"]).read_text(encoding="ascii")
            for each in report.get("downloaded", [])
        }
        return report, texts

    def scope(self, ids):
        names = ("--farm-id", "--queue-id", "--job-id", "--step-id", "--task-id")
        return [word for pair in zip(names, ids) for word in pair]

    def upload(self, manifest, *options, status=0):
        outcome = self.attache.run("manifest", "upload", manifest, "--s3-cas-uri", URI, "--json", *options)
        self.assertEqual(outcome.status, status, outcome)
        return outcome.json() if status == 0 else outcome

    def write_manifest(self, entries, name="some.manifest"):
        path = self.folder / name
        paths = [dict(zip(("path", "hash", "size", "mtime"), entry)) for entry in entries]
        document = {"hashAlg": "xxh128", "manifestVersion": "2023-03-03", "paths": paths}
        document["totalSize"] = sum(entry[2] for entry in entries)
        path.write_text(json.dumps(document, indent=1), encoding="ascii")  # not canonical
        return path

    # --- discovery

    def assert_same_outputs(self, ids):
        self.server.requests()
        report, texts = self.download(*self.scope(ids))
        listed = self.incumbent.output_keys(BUCKET, PREFIX, ids, latest=False)
        chosen = self.incumbent.output_keys(BUCKET, PREFIX, ids)
        pages = -(-len(listed) // PAGE)
        requests = self.server.requests(expected=pages + len(chosen))
        keys = [f"{PREFIX}/{key}" for each in report["downloaded"] for key in each["keys"]]
        self.assertEqual(sorted(keys), sorted(chosen))
        self.assertEqual(requests.count("s3_GetObject"), len(chosen), "one GET for each manifest")
        self.assertEqual(requests.count("s3_ListObjectsV2"), pages, "one page for each 1,000 keys")
        self.assertEqual(len(requests), pages + len(chosen), set(requests))
        merged = self.incumbent.output_manifests(BUCKET, PREFIX, ids)
        self.assertEqual(texts, {root: text for root, (text,) in merged.items()})
        return report

    def test_outputs_of_jobs_are_those_of_the_incumbent(self):
        self.write_jobs()
        for job in range(JOBS):
            report = self.assert_same_outputs([FARM, QUEUE, f"job-{job}"])
            self.assertEqual(len(report["downloaded"]), len(ROOTS))
            # Half the steps have tasks, of which one session action counts; of the others both do.
            self.assertEqual(sum(len(each["keys"]) for each in report["downloaded"]), STEPS * TASKS * 3 // 2)

    def test_outputs_of_steps_are_those_of_the_incumbent(self):
        self.write_jobs()
        for step in range(STEPS):
            self.assert_same_outputs([FARM, QUEUE, "job-1", f"step-{step}"])

    def test_outputs_of_tasks_are_those_of_the_incumbent(self):
        self.write_jobs()
        for task in (0, 17, TASKS - 1):
            self.assert_same_outputs([FARM, QUEUE, "job-2", "step-3", f"task-3-{task}"])

    def test_outputs_of_session_actions_are_those_of_the_incumbent(self):
        self.write_jobs()
        for step, action in ((1, 0), (1, 1), (2, 0), (2, 1)):
            with self.subTest(step=step, action=action):
                output = output_of(1, step, 7, action)
                ids = [FARM, QUEUE, "job-1", f"step-{step}", f"task-{step}-7"]
                _, texts = self.download(*self.scope(ids), "--session-action-id", output["session_action_id"])
                found = self.incumbent.output_manifests(BUCKET, PREFIX, ids, output["session_action_id"])
                self.assertEqual(texts, {root: text for root, (text,) in found.items()})
                self.assertEqual(list(texts), [output["root"]])

    def test_a_session_action_is_not_another_whose_id_begins_like_it(self):
        """BUG-15: the incumbent finds both."""
        ids = [FARM, QUEUE, "job-prefix", "step-1", "task-1"]
        outputs = [
            {**output_of(0, 1, 1, action), "ids": ids, "session_action_id": f"sessionaction-{'a' * 32}-{action}"}
            for action in (1, 12)
        ]
        self.incumbent.write_output_manifests(BUCKET, PREFIX, outputs)
        wanted = outputs[0]["session_action_id"]
        report, _ = self.download(*self.scope(ids), "--session-action-id", wanted)
        self.assertEqual([len(each["keys"]) for each in report["downloaded"]], [1])
        self.assertEqual(len(self.incumbent.output_manifests(BUCKET, PREFIX, ids, wanted)[outputs[0]["root"]]), 2)

    def test_a_root_prefix_that_looks_like_a_task_does_not_confuse(self):
        """BUG-14: the incumbent then takes the outputs of every session action."""
        prefix = "my-task-outputs"
        ids = [FARM, QUEUE, "job-1", "step-1", "task-1"]
        outputs = [{**output_of(0, 1, 1, action), "ids": ids} for action in range(2)]
        self.incumbent.write_output_manifests(BUCKET, prefix, outputs)
        report, _ = self.download(*self.scope(ids), uri=f"s3://{BUCKET}/{prefix}")
        self.assertEqual([len(each["keys"]) for each in report["downloaded"]], [1])
        self.assertIn(outputs[1]["session_action_id"], report["downloaded"][0]["keys"][0])

    def test_a_job_without_outputs_has_none(self):
        report, texts = self.download(*self.scope([FARM, QUEUE, "job-without-outputs"]))
        self.assertEqual((report["downloaded"], texts), ([], {}))

    def test_more_than_a_page_is_listed_whole(self):
        ids = [FARM, QUEUE, "job-large", "step-1"]
        outputs = [
            {**output_of(0, 2, task, 0), "ids": ids, "session_action_id": f"sessionaction-b-{task}"}
            for task in range(PAGE + 1)
        ]
        self.incumbent.write_output_manifests(BUCKET, PREFIX, outputs)
        report = self.assert_same_outputs(ids)
        self.assertEqual(sum(len(each["keys"]) for each in report["downloaded"]), PAGE + 1)

    # --- what Attache writes

    def test_the_incumbent_finds_what_attache_writes(self):
        long_root = "/mnt/" + "/".join(f"directory-{n:04}" for n in range(120))  # 1,800 bytes
        long_other = "/mnt/" + "日本語の長い名前/" * 35  # in JSON too long to be said twice
        cases = [
            ("/mnt/plain", ""), ("/mnt/with space", "Loc A"), ("/mnt/é/日本", ""), ("/mnt/😀", "Loc A"),
            ("D:\\Projekt\\x", "L" * 300), (long_root, ""), (long_root, "L" * 100), (long_other, ""),
            ("/tab\there", ""), ("/mnt/quote\"d", ""),
        ]  # fmt: skip
        for number, (root, location) in enumerate(cases):
            for with_task in (True, False):
                with self.subTest(root=root[:40], location=location[:10], task=with_task):
                    ids = [FARM, QUEUE, f"job-ours-{number}-{with_task}", "step-1"] + (["task-1"] if with_task else [])
                    entries = entries_of(number, 1, 1, 1)
                    manifest = self.write_manifest(entries)
                    options = ["--file-system-location-name", location] if location else []
                    stored = self.upload(
                        manifest, "--asset-type", "output", *self.scope(ids), "--session-action-id",
                        "sessionaction-c-1", "--root", root, "--time", "2024-02-03T04:05:06.789012Z", *options,
                    )  # fmt: skip
                    (key,) = self.incumbent.output_keys(BUCKET, PREFIX, ids)
                    self.assertEqual(key, f"{PREFIX}/{stored['key']}")
                    self.assertIn("/2024-02-03T04:05:06.789012Z_sessionaction-c-1/", key)
                    found = self.incumbent.output_manifests(BUCKET, PREFIX, ids)
                    self.assertEqual(list(found), [root])
                    self.assertEqual([each[0] for each in entries_in(found[root][0])], sorted(e[0] for e in entries))
                    metadata = self.incumbent.object_metadata(BUCKET, key)
                    self.assertEqual(metadata.get("file-system-location-name", ""), location)
                    # And the name is the one that the incumbent's matching of roots computes.
                    name = self.incumbent.hash_text((location + root).encode()) + "_output"
                    self.assertEqual(key.rsplit("/", 1)[1], name)
                    # Attache finds it itself.
                    _, texts = self.download(*self.scope(ids))
                    self.assertEqual(texts, {root: found[root][0]})

    def test_the_incumbent_finds_the_inputs_that_attache_writes(self):
        attachments = {"manifests": []}
        expected = {}
        for number, root in enumerate(("/mnt/plain", "/mnt/é/日本", "/mnt/" + "x" * 1500)):
            entries = entries_of(number, 1, 1, 1)
            stored = self.upload(
                self.write_manifest(entries), "--asset-type", "input", "--farm-id", FARM, "--queue-id", QUEUE,
                "--root", root + "/",
            )  # fmt: skip
            attachments["manifests"].append(stored["manifestProperties"])
            expected[root] = sorted(entry[0] for entry in entries)
            path = stored["manifestProperties"]["inputManifestPath"]
            self.assertRegex(path, f"^{FARM}/{QUEUE}/Inputs/[0-9a-f]{{32}}/[0-9a-f]{{32}}_input$")
            self.assertEqual(self.incumbent.object_metadata(BUCKET, f"{PREFIX}/{stored['key']}"), {})
        self.assertEqual(self.incumbent.input_paths(BUCKET, PREFIX, attachments), expected)
        # And so does Attache, from the same attachments.
        file = self.folder / "job.json"
        file.write_text(json.dumps({"jobId": "job-1", "attachments": attachments}), encoding="ascii")
        _, texts = self.download("--attachments", file)
        self.assertEqual({root: sorted(each[0] for each in entries_in(text)) for root, text in texts.items()}, expected)

    def test_a_manifest_is_stored_where_a_prefix_says_and_in_canonical_form(self):
        manifest = self.write_manifest(entries_of(9, 9, 9, 9), "some name.manifest")
        stored = self.upload(manifest, "--s3-manifest-prefix", "dailies/today")
        self.assertEqual(stored["key"], "Manifests/dailies/today/some name.manifest")
        root, text = self.incumbent.manifest_object(BUCKET, f"{PREFIX}/{stored['key']}")
        self.assertIsNone(root)
        self.assertEqual(self.incumbent.hash_text(text.encode()), stored["manifestHash"])
        self.assertEqual(self.incumbent.object_metadata(BUCKET, f"{PREFIX}/{stored['key']}"), {})

    def test_a_location_name_that_cannot_be_sent_is_refused(self):
        """BUG-4: the incumbent fails in the middle of sending."""
        self.server.requests()
        outcome = self.upload(
            self.write_manifest(entries_of(1, 1, 1, 1)), "--asset-type", "output",
            *self.scope([FARM, QUEUE, "job-1", "step-1"]), "--session-action-id", "sessionaction-d-1", "--root", "/r",
            "--file-system-location-name", "Größe", status=2,
        )  # fmt: skip
        self.assertIn("Größe", outcome.stderr)
        self.assertEqual(self.server.requests(), [])

    # --- what the incumbent writes

    def test_attache_finds_what_the_incumbent_writes(self):
        cases = [
            ("/mnt/plain", None), ("/mnt/é/日本", None), ("/mnt/😀", "Loc A"), ("/mnt/" + "日本" * 60, None),
            ("/mnt/" + "x" * 1800, None), ("\\\\server\\share\\x", "L" * 200),
        ]  # fmt: skip
        for number, (root, location) in enumerate(cases):
            for with_task in (True, False):
                with self.subTest(root=root[:30], task=with_task):
                    job = [FARM, QUEUE, f"job-theirs-{number}-{with_task}", "step-1"] + (["task-1"] if with_task else [])
                    output = {**output_of(0, 1, 1, 1), "ids": job, "root": root, "location": location}
                    self.incumbent.write_output_manifests(BUCKET, PREFIX, [output])
                    report, texts = self.download(*self.scope(job))
                    ((text,),) = self.incumbent.output_manifests(BUCKET, PREFIX, job).values()
                    self.assertEqual(texts, {root: text})
                    self.assertEqual(report["downloaded"][0].get("fileSystemLocationName"), location)

    def test_attache_finds_the_inputs_that_the_incumbent_submits(self):
        project = self.folder / "projekt é"
        for name in ("a.txt", "sub/日本.txt"):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(name)
        attachments = self.incumbent.submit(project, BUCKET, PREFIX, FARM, QUEUE)
        (properties,) = attachments["manifests"]
        key = f"{PREFIX}/Manifests/{properties['inputManifestPath']}"
        _, text = self.incumbent.manifest_object(BUCKET, key)
        file = self.folder / "attachments.json"
        file.write_text(json.dumps(attachments), encoding="ascii")
        report, texts = self.download("--attachments", file, "--asset-type", "INPUT")
        self.assertEqual(texts, {str(project): text})
        self.assertEqual(report["downloaded"][0]["manifestHash"], properties["inputManifestHash"])
        # By path, by key, and by the hash of the root in its name.
        root_hash = self.incumbent.hash_text(str(project).encode())
        for options in (
            ("--manifest-path", properties["inputManifestPath"]),
            ("--key", key),
            ("--key", f"s3://{BUCKET}/{key}"),
            ("--name", root_hash, "--farm-id", FARM, "--queue-id", QUEUE),
        ):
            with self.subTest(options[0]):
                _, texts = self.download(*options, "--root", project)
                self.assertEqual(texts, {str(project): text})

    def test_inputs_and_outputs_of_a_root_become_one(self):
        root = self.folder / "both"
        root.mkdir()
        (root / "last.txt").write_text("an input")
        (root / "scene.ma").write_text("another input")
        attachments = self.incumbent.submit(root, BUCKET, PREFIX, FARM, QUEUE)
        ids = [FARM, QUEUE, "job-both", "step-1", "task-1"]
        output = {**output_of(0, 1, 1, 1), "ids": ids, "root": str(root), "location": None}
        self.incumbent.write_output_manifests(BUCKET, PREFIX, [output])
        file = self.folder / "attachments.json"
        file.write_text(json.dumps(attachments), encoding="ascii")
        _, texts = self.download(*self.scope(ids[:3]), "--attachments", file, "--asset-type", "all")
        by_path = {path: file_hash for path, file_hash in entries_in(texts[str(root)])}
        self.assertEqual(set(by_path), {"scene.ma"} | {entry[0] for entry in output["entries"]})
        self.assertIn(["last.txt", by_path["last.txt"]], [entry[:2] for entry in output["entries"]], "the output counts")


def entries_in(text):
    return [(entry["path"], entry["hash"]) for entry in json.loads(text)["paths"]]
