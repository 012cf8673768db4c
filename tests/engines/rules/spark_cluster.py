"""A real Spark cluster on loopback: one master and two workers, each a process of its own."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_LOOPBACK = "127.0.0.1"
_SECONDS_TO_START = 90


def why_absent() -> str:
    """What is missing for a cluster, or ``""``."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark is not installed (extra: spark)"
    return "" if _java() else "Java 17 is not installed (JAVA_HOME or java on PATH)"


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


@contextmanager
def running_cluster(folder: Path) -> Iterator[str]:
    """Start the cluster, give its address, and stop every process of it at the end."""
    port, page = _free_port(), _free_port()
    url = f"spark://{_LOOPBACK}:{port}"
    with ExitStack() as stack:
        master = ["org.apache.spark.deploy.master.Master", "-h", _LOOPBACK, "-p", str(port)]
        stack.enter_context(_process([*master, "--webui-port", str(page)], folder / "master"))
        _await_workers(page, 0)
        worker = ["org.apache.spark.deploy.worker.Worker", "-h", _LOOPBACK, "-c", "1", "-m", "1g"]
        for number in (1, 2):
            place = folder / f"worker-{number}"
            command = [*worker, "-d", str(place), "--webui-port", str(_free_port()), url]
            stack.enter_context(_process(command, place))
        _await_workers(page, 2)
        yield url


@contextmanager
def _process(arguments: list[str], folder: Path) -> Iterator[None]:
    import pyspark

    folder.mkdir(parents=True)
    spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
    environment = {**os.environ, "SPARK_LOCAL_IP": _LOOPBACK, "SPARK_DAEMON_MEMORY": "512m"}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            ["bash", str(spark_class), *arguments],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def _await_workers(page: int, wanted: int) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://{_LOOPBACK}:{page}/json/", timeout=5) as answer:
                if json.load(answer)["aliveworkers"] >= wanted:
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"the cluster did not show {wanted} workers in {_SECONDS_TO_START} s")
