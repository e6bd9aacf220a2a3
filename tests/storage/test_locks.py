from __future__ import annotations

import threading

import pytest
from filelock import Timeout


def test_a_lock_excludes_another_lock_of_the_same_process_and_thread(storage):
    with storage.lock("ab" * 32), pytest.raises(Timeout):
        storage.lock("ab" * 32).acquire(blocking=False)


def test_a_lock_taken_in_one_thread_may_be_released_in_another(storage):
    lock = storage.lock("ab" * 32)
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    lock.release()
    storage.lock("ab" * 32).acquire(blocking=False)


def test_a_lock_ends_with_its_process(storage, child, home):
    holder = child("hold", home, "ab" * 32)
    assert holder.stdout.readline() == "held\n"
    lock = storage.lock("ab" * 32)
    with pytest.raises(Timeout):
        lock.acquire(blocking=False)
    holder.kill()
    with lock.acquire(timeout=5):
        pass


@pytest.mark.parametrize("sent", [False, True])
def test_the_sweep_leaves_a_charge_alone_whose_lock_this_process_holds(storage, drawing, charges, sent):
    with storage.lock(drawing.key):
        charge = drawing.reserve()
        if sent:
            storage.ledger.mark_sent(charge.id)
        assert storage.ledger.sweep() == 0
        assert charges(storage)[charge.id]["state"] == ("sent" if sent else "reserved")
    assert storage.ledger.sweep() == 1


def test_the_sweep_leaves_a_charge_alone_whose_lock_another_process_holds(storage, drawing, child, home):
    holder = child("hold", home, drawing.key)
    assert holder.stdout.readline() == "held\n"
    drawing.reserve()
    assert storage.ledger.sweep() == 0
    holder.kill()
    holder.wait()
    assert storage.ledger.sweep() == 1


def test_opening_again_does_not_sweep_what_is_under_way(storage, drawing, opened, charges):
    with storage.lock(drawing.key):
        charge = drawing.reserve()
        second = opened("session-2")
        assert charges(second)[charge.id]["state"] == "reserved"


def test_opening_again_closes_what_nobody_holds_any_more(storage, drawing, opened, charges):
    charge = drawing.reserve()
    second = opened("session-2")
    assert charges(second)[charge.id]["state"] == "released"


def test_tidying_up_removes_free_locks_only(storage, drawing):
    with storage.lock("ab" * 32), storage.lock("cd" * 32):
        pass
    (storage.home / "locks" / f"{'ef' * 32}.lock").touch()
    with storage.lock(drawing.key):
        storage.pictures.gc()
        left = {path.name for path in (storage.home / "locks").iterdir()}
        assert left == {f"{drawing.key}.lock"}
        with pytest.raises(Timeout):
            storage.lock(drawing.key).acquire(blocking=False)
