"""A home on a network, or where locks do not work: what is found out, chosen and said."""

from __future__ import annotations

from jupyter_imagegen.storage.place import place_of


def test_on_a_local_disk_the_index_keeps_its_write_ahead_log(tmp_path):
    place = place_of(tmp_path)
    assert (place.network, place.locks, place.journal, place.paid) == (False, "exclude", "wal", True)
    assert list(tmp_path.iterdir()) == []
