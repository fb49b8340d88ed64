# SPDX-License-Identifier: GPL-2.0-only
"""What lava-run reported of the suite: a line "set case result [measurement units]" each.

usage: results.py < LOG
"""
import sys

import yaml

for line in sys.stdin:
    if '"lvl": "results"' not in line:
        continue
    message = yaml.safe_load(line)["msg"]
    # The first one is of the definition as a whole.
    if message["definition"] != "0_kvm-conformance":
        continue
    words = [message.get("set", "-"), message["case"], message["result"]]
    if "measurement" in message:
        words += [message["measurement"], message.get("units", "")]
    print(*words)
