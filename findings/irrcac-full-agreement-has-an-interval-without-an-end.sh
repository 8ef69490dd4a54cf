#!/bin/sh
# Two people who agree on every video: irrCAC gives Gwet's AC1 as 1.0 and its interval as
# (nan, 1). With one video on which they differ all of it is there. A report that asks for AC1
# because it is defined everywhere still meets a NaN.
# Seen with irrCAC 0.4.4 and pandas 2.3.3, which it asks for. Seen output:
#   always agree: AC1 1.0, interval (nan, 1)
#   differ once: AC1 0.9899, interval (0.96966, 1)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check irrCAC==0.4.4 pandas==2.3.3
cat > "$folder/look.py" <<'PY'
import math
import warnings

import pandas as pd
from irrCAC.raw import CAC

warnings.simplefilter("ignore")
agree = pd.DataFrame({"anna": [1] * 100, "boris": [1] * 100})
differ = agree.assign(boris=[0, *[1] * 99])
full, once = (CAC(labels).gwet()["est"] for labels in (agree, differ))
print(f"always agree: AC1 {full['coefficient_value']}, interval {full['confidence_interval']}")
print(f"differ once: AC1 {once['coefficient_value']}, interval {once['confidence_interval']}")
as_seen = full["coefficient_value"] == 1 and math.isnan(full["confidence_interval"][0])
as_seen = as_seen and not math.isnan(once["confidence_interval"][0])
raise SystemExit(0 if as_seen else "It has changed.")
PY
"$folder/venv/bin/python" "$folder/look.py"
