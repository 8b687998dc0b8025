"""The browser of the tests: a Chromium found on the machine, since Playwright's own has no H.264."""

import os
import shutil
from pathlib import Path

# The shell is the same engine without the windows around it: half the processor time of a headless Chromium.
CANDIDATES = (
    "chromium-headless-shell", "/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
REMEDY = "apt-get install --no-install-recommends chromium-headless-shell (or chromium)"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.*",
)


def chromium_path() -> Path | None:
    """`SUUUPRA_TEST_CHROMIUM`, else the first one found."""
    wanted = os.environ.get("SUUUPRA_TEST_CHROMIUM")
    for candidate in [wanted] if wanted else CANDIDATES:
        found = shutil.which(candidate)
        if found:
            return Path(found)
    return None
