"""The incumbent (deadline-job-attachments), driven through incumbent_driver.py in its own virtual environment."""

import json
import os
import subprocess
from pathlib import Path

from support.program import needed


class IncumbentError(Exception):
    """The incumbent raised something."""


class Incumbent:
    """Use it in a `with` statement. Everything that it remembers lies below `home`."""

    def __init__(self, home, environment=None):
        self.home = Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.python = needed("ATTACHE_INCUMBENT_PYTHON", "the Python of a virtual environment with the incumbent")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
            "DEADLINE_CLOUD_TELEMETRY_OPT_OUT": "true",
            **(environment or {}),
        }
        self.process = None

    def __enter__(self):
        self.log = open(self.home / "incumbent.log", "wb")
        self.process = subprocess.Popen(
            [self.python, str(Path(__file__).with_name("incumbent_driver.py"))],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            encoding="ascii",
        )
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.log.close()

    def _call(self, operation, **arguments):
        arguments = {name: str(value) if isinstance(value, Path) else value for name, value in arguments.items()}
        self.process.stdin.write(json.dumps({"operation": operation, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise IncumbentError((self.home / "incumbent.log").read_text(errors="replace"))
        answer = json.loads(line)
        if "error" in answer:
            raise IncumbentError(f"{answer['error']}\n{answer['trace']}")
        return answer["value"]

    def snapshot(self, root, destination, name=None, include=None, exclude=None):
        Path(destination).mkdir(parents=True, exist_ok=True)
        return self._call(
            "snapshot", root=root, destination=destination, name=name, include=include, exclude=exclude,
            hash_cache=self.home / "hash-cache",
        )  # fmt: skip

    def upload(self, manifest, root, uri, manifest_path=None):
        return self._call(
            "upload", manifest=manifest, root=root, uri=uri, manifest_path=manifest_path,
            check_cache=self.home / "check-cache",
        )  # fmt: skip

    def download(self, manifest, rules, uri, conflict="CREATE_COPY"):
        return self._call("download", manifest=manifest, rules=rules, uri=uri, conflict=conflict)

    def snapshot_directory(self, root, directory):
        """Makes a directory store of a tree; returns the path of its manifest, whose name comes from the root."""
        return self._call("snapshot_directory", root=root, directory=directory, hash_cache=self.home / "hash-cache")

    def object_metadata(self, bucket, key):
        return self._call("object_metadata", bucket=bucket, key=key)

    def manifest_operations(self, documents, times):
        return self._call("manifest_operations", documents=documents, times=times)

    def map_paths(self, rules, host, paths):
        return self._call("map_paths", rules=rules, host=host, paths=paths)

    def path_texts(self, system, root, paths):
        return self._call("path_texts", system=system, root=root, paths=paths)

    def known_paths(self, known, inputs, outputs):
        return self._call("known_paths", known=known, inputs=inputs, outputs=outputs)

    def group_paths(self, **request):
        return self._call("group_paths", **request)

    def hash_text(self, content):
        return self._call("hash_text", content=content.hex())

    def hash_files(self, directory, paths):
        return self._call("hash_files", directory=directory, paths=[os.fsencode(path).hex() for path in paths])

    def put_hash(self, directory, path, file_hash, time):
        return self._call("put_hash", directory=directory, path=path, file_hash=file_hash, time=time)

    def get_hash(self, directory, path):
        return self._call("get_hash", directory=directory, path=path)

    def put_seen(self, directory, key):
        return self._call("put_seen", directory=directory, key=key)

    def get_seen(self, directory, key):
        return self._call("get_seen", directory=directory, key=key)

    def write_output_manifests(self, bucket, prefix, manifests):
        return self._call("write_output_manifests", bucket=bucket, prefix=prefix, manifests=manifests)

    def output_keys(self, bucket, prefix, ids, latest=True):
        return self._call("output_keys", bucket=bucket, prefix=prefix, ids=ids, latest=latest)

    def output_manifests(self, bucket, prefix, ids, session_action_id=None):
        """{root: [texts]}; those of a session action are not merged."""
        return self._call(
            "output_manifests", bucket=bucket, prefix=prefix, ids=ids, session_action_id=session_action_id
        )

    def submit(self, root, bucket, prefix, farm, queue):
        return self._call("submit", root=root, bucket=bucket, prefix=prefix, farm=farm, queue=queue)

    def input_paths(self, bucket, prefix, attachments):
        return self._call("input_paths", bucket=bucket, prefix=prefix, attachments=attachments)

    def manifest_object(self, bucket, key):
        return self._call("manifest_object", bucket=bucket, key=key)

    def command(self, *arguments):
        """The `deadline` command itself. It wants a profile, and reads its settings from HOME."""
        return subprocess.run(
            [str(Path(self.python).with_name("deadline")), *map(str, arguments)],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            text=True,
            errors="surrogateescape",
        )
