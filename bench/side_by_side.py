"""What benchmarks that run several programs in turn have in common: servers, processes and their figures, ratios."""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import time

MIB = 1 << 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process that is stopped by its own id."""

    def __init__(self, command, environment=None, port=None):
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=None if port else subprocess.PIPE, env=environment, text=True
        )
        self.port = port or int(self.process.stdout.readline())
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"{command[0]} does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def start_versitygw(program, folder, bucket, key, secret):
    """A real S3 server whose objects are files below `folder`/buckets, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "buckets" / bucket).mkdir(parents=True)
    (folder / "iam").mkdir()
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "ROOT_ACCESS_KEY": key, "ROOT_SECRET_KEY": secret}
    command = [program, "--port", f"127.0.0.1:{port}", "--quiet", "--keep-alive", "--iam-dir", folder / "iam", "posix",
               folder / "buckets"]
    return Server(command, environment, port)


def client_environment(home, key, secret):
    """All that Attache, s5cmd, rclone (remote `l:`) and boto3 need to know but the endpoint."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ACCOUNT_ID": key,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_L_TYPE": "s3",
        "RCLONE_CONFIG_L_PROVIDER": "Other",
        "RCLONE_CONFIG_L_ACCESS_KEY_ID": key,
        "RCLONE_CONFIG_L_SECRET_ACCESS_KEY": secret,
        "RCLONE_CONFIG_L_REGION": "us-east-1",
    }


def endpoint_environment(endpoint):
    return {"AWS_ENDPOINT_URL": endpoint, "S3_ENDPOINT_URL": endpoint, "RCLONE_CONFIG_L_ENDPOINT": endpoint}


def s5cmd_program(peers):
    return next(peers.glob("lib/python3*/site-packages/s5cmd/bin/s5cmd"))


def run_process(command, environment, **options):
    """CPU s, wall s and peak bytes of a process and its children, and what it printed."""
    started = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], env=environment, stdout=subprocess.PIPE, text=True, **options)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if status != 0:
        raise RuntimeError(f"{' '.join(str(part) for part in command)} failed: {output}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "peak": usage.ru_maxrss * 1024}, output


def ratios(rounds, figure, program, peer):
    """One of each round in which both ran: neighbours in time."""
    return [r[program][figure] / r[peer][figure] for r in rounds if program in r and peer in r]


def spread(values):
    return f"{statistics.median(values):8.3f} [{min(values):.3f}, {max(values):.3f}]"
