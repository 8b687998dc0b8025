"""`suuupra` with the fake product: only what `up` starts is another program, all else is the real thing."""

import ctypes
import os
import sys
from pathlib import Path

from suuupra import cli
from suuupra.process import folder

PR_SET_CHILD_SUBREAPER = 36

cli.PYTHON = (sys.executable, str(Path(__file__).with_name("fake_product.py")))
if os.environ.get("TEST_SYSTEM_FOLDER"):
    folder.SYSTEM = Path(os.environ.pop("TEST_SYSTEM_FOLDER"))
if os.environ.pop("TEST_ADOPTS_ORPHANS", ""):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
sys.exit(cli.main())
