"""Without Java the Spark session says what it wants."""

import os
import subprocess
import sys

CODE = """
from silian.tables.sessions import SparkAbsent, SparkSession
try:
    SparkSession()
except SparkAbsent as error:
    print(error.code, str(error))
"""


def test_spark_without_java_says_what_it_wants(tmp_path):
    # A process of its own: pyspark remembers the Java that it began with.
    environment = {**os.environ, "JAVA_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("spark_absent ")
    assert "Java 17" in done.stdout or "silian[spark]" in done.stdout
