"""Finding a secret in whatever a run left behind: as it is, percent-encoded, in hex, or in base64 wherever it begins."""

from __future__ import annotations

import base64
import zipfile
from urllib.parse import quote, quote_plus


def forms(secret):
    """Every form in which a secret could stand in other bytes, by a name.

    In base64 three bytes become four signs, so a secret looks different by where it begins. Of each of the
    three only the signs are taken that no neighbour has a part in.
    """
    data = secret.encode()
    found = {
        "plain": data,
        "percent-encoded": quote(secret, safe="").encode(),
        "percent-encoded, + for space": quote_plus(secret, safe="").encode(),
        "hex": data.hex().encode(),
        "utf-16": secret.encode("utf-16-le"),
    }
    for before in range(3):
        signs = base64.b64encode(b"\0" * before + data)
        clean = signs[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        found[f"base64 after {before}"] = clean
        found[f"url-safe base64 after {before}"] = clean.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def places(data, secret):
    """In which forms a secret stands in some bytes or text."""
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    lines_joined = data.replace(b"\\n", b"").replace(b"\n", b"")
    return [name for name, form in forms(secret).items() if form in data or form in lines_joined]


def files_with(folder, secret):
    """Every file under a folder that holds a secret, in what form; files inside zip files too."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if where := places(data, secret):
            found[str(path)] = where
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if where := places(archive.read(name), secret):
                        found[f"{path}!{name}"] = where
    return found
