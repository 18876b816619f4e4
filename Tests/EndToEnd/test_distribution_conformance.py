"""The conformance suite of the distribution specification, where it can be had.

BERTH_DISTRIBUTION_CONFORMANCE names its program, as `go test -c` makes it in the folder `conformance` of
opencontainers/distribution-spec, version 1.1.1.
"""

import os
import subprocess
import xml.etree.ElementTree

import pytest

from support.registry import Registry

SUITE = os.environ.get("BERTH_DISTRIBUTION_CONFORMANCE")


@pytest.mark.skipif(not SUITE, reason="SKIPPED: BERTH_DISTRIBUTION_CONFORMANCE names no conformance suite")
def test_the_suite_of_the_distribution_specification(daemon, tmp_path):
    registry = Registry(daemon, tmp_path)
    registry.create("conformance/one")
    registry.create("conformance/two")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OCI_")} | {
        "OCI_ROOT_URL": daemon.endpoint, "OCI_NAMESPACE": "conformance/one", "OCI_CROSSMOUNT_NAMESPACE": "conformance/two",
        "OCI_USERNAME": registry.user, "OCI_PASSWORD": registry.password, "OCI_TEST_PULL": "1", "OCI_TEST_PUSH": "1",
        "OCI_TEST_CONTENT_DISCOVERY": "1", "OCI_TEST_CONTENT_MANAGEMENT": "1",
        # A blob of the account's other repositories is mounted when the request names none.
        "OCI_AUTOMATIC_CROSSMOUNT": "1", "OCI_REPORT_DIR": str(tmp_path),
    }
    result = subprocess.run([SUITE], env=environment, capture_output=True, text=True, timeout=300, check=False)
    cases = list(xml.etree.ElementTree.parse(tmp_path / "junit.xml").iter("testcase"))
    failed = [case.get("name") for case in cases if case.find("failure") is not None]
    passed = [case for case in cases if case.find("failure") is None and case.find("skipped") is None]
    assert failed == [] and len(passed) >= 75, result.stdout
    assert result.returncode == 0
