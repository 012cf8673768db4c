"""``silian serve`` and ``silian work``: the web, its jobs and the meaning worker."""

import os
import signal
import sys
from typing import Annotated

import typer

from silian.cli import runtime
from silian.cli.console import fail, say
from silian.cli.processes import Child, Family, port_is_free, wait_for_port

_PROXY_HEADERS = "--forwarded-allow-ips=127.0.0.1"


def serve(
    host: Annotated[str, typer.Option("--host", help="监听地址 · Address.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=1, max=65535, help="端口 · Port.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, max=64, help="网页进程数 · Web processes.")
    ] = 1,
) -> None:
    """启动平台：网页、后台任务与语义计算 · Start the platform: web, jobs and meaning.

    Ctrl-C 停止全部。 Ctrl-C stops everything.
    """
    if not port_is_free(host, port):
        fail(
            f"端口 {port} 已被占用。Port {port} on {host} is in use.",
            remedy=f"silian serve --port {port + 1}",
        )
    if host not in {"127.0.0.1", "localhost", "::1"}:
        # Whoever opens the platform to a network names the hosts it answers to.
        allowed = os.environ.get("SILIAN_ALLOWED_HOSTS", "")
        if not allowed:
            say(
                "提示：请把访问用的域名写入 SILIAN_ALLOWED_HOSTS。"
                "Note: list the host names people will use in SILIAN_ALLOWED_HOSTS.",
                style="yellow",
            )
    runtime.migrate()
    _check_embedder()
    _collect_static()
    family = Family([_web(host, port, workers), *_background()])
    with family.running():
        if not wait_for_port(host, port, family):
            fail("网页服务没有启动，原因见上。The web server did not start; see above.")
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
        say(f"✓ http://{shown}:{port}/  （Ctrl-C 停止 to stop）", style="bold green")
        family.watch()


def work(
    once: Annotated[
        bool, typer.Option("--once", help="做完即退出 · Do what waits, then leave.")
    ] = False,
) -> None:
    """后台更新索引、计算语义 · Keep the index up to date and embed, in the background.

    serve 会自动启动它；可在多台机器上另开。 ``serve`` starts one; more can run beside it.
    """
    runtime.start()
    from silian.portal.exchange.domain.meaning import MeaningWorker

    worker = MeaningWorker()

    def stop(*_: object) -> None:
        worker.stop()

    signals = (signal.SIGTERM, signal.SIGINT)
    former = {number: signal.signal(number, stop) for number in signals}
    try:
        worker.run(once=once)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _check_embedder() -> None:
    """Refuse settings that can't be meant before anything starts; nothing is asked of a server."""
    from silian.portal.exchange.domain.index import embedder_of_process

    embedder_of_process()


def _web(host: str, port: int, workers: int) -> Child:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "silian.portal.wsgi:application"]
    command += ["--config", "python:silian.cli.web_worker"]
    command += ["--bind", address, "--workers", str(workers), "--threads", "4"]
    command += ["--timeout", "120", "--graceful-timeout", "20", _PROXY_HEADERS]
    # Its default folder for heartbeats may be a disk, and a busy disk would stop the workers.
    if os.path.isdir("/dev/shm"):  # noqa: S108
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    command += ["--log-level", "warning"]
    return Child("web", command, essential=True)


def _background() -> list[Child]:
    silian = [sys.executable, "-m", "silian.cli"]
    return [
        Child("jobs", [sys.executable, "-m", "django", "run_jobs"]),
        Child("meaning", [*silian, "work"]),
    ]


def _collect_static() -> None:
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
