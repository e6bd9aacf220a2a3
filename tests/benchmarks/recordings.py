"""Recording a lesson into a cassette: what is written, against what the file holds in the end."""

from __future__ import annotations

import json
import textwrap

from tests import children
from tests.benchmarks.figures import Series, ratio

#: Pictures are bought first, so that only the recording is counted. `wchar` is what the process has written:
#: https://docs.kernel.org/filesystems/proc.html
_RECORDED = """
import json, os, pathlib
import jupyter_imagegen as imagegen

def written():
    fields = dict(line.split(": ") for line in pathlib.Path("/proc/self/io").read_text().splitlines())
    return int(fields["wchar"])

prompts = [f"a harbour, {{i}}" for i in range({cells})]
for prompt in prompts:
    imagegen.generate(prompt, size="1024x1024", quality="low")
cassette = os.path.join(os.environ["IMAGEGEN_HOME"], "..", "lesson.cassette")
imagegen.default_session().cassettes.use(cassette, mode="record")
before = written()
for prompt in prompts:
    imagegen.generate(prompt, size="1024x1024", quality="low")
print(json.dumps({{"written": written() - before, "holds": os.path.getsize(cassette)}}))
"""


def recording(lab):
    """Cells that are recorded one after the other."""
    cells = lab.some(12, 60)
    environ = {**lab.server.env, "IMAGEGEN_HOME": str(lab.new_folder() / "home")}
    code = textwrap.dedent(_RECORDED.format(cells=cells))
    told = json.loads(children.output(code, timeout=600, **environ).splitlines()[-1])
    yield ratio(
        f"recording {cells} cells into a cassette: bytes written / the file's",
        Series((told["written"] / 1e6,), "MB"),
        Series((told["holds"] / 1e6,), "MB"),
        limit=1.5,
        beside="the file",
    )


MEASUREMENTS = {"recording": recording}
