"""Where things are in the project."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
BERTH = Path(os.environ.get("BERTH", PROJECT / ".build/debug/berth"))
TOOLS = PROJECT / "rootfs-tools"
EXAMPLES = PROJECT / "Config/examples"
AWS = PROJECT / ".venv/bin/aws"
