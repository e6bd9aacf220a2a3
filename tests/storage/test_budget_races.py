"""Many threads and processes reserve at once: exactly as many are admitted as the budget has room for."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from jupyter_imagegen.core.budgets import Budget
from jupyter_imagegen.errors import BudgetExceededError


def test_eight_processes_with_threads_are_admitted_exactly_ten_times(
    child, opened, home, assert_sums_are_true
):
    opened().close()
    children = [child("reserve", home, 4, 3) for _ in range(8)]
    for process in children:
        assert process.stdout.readline() == "ready\n"
    for process in children:
        process.stdin.write("go\n")
        process.stdin.flush()
    allowed = [int(process.stdout.readline().split()[1]) for process in children]
    assert sum(allowed) == 10
    store = opened()
    # Not of the day: the children have the real one.
    assert store.ledger.spending().total.held_usd == Decimal("1.00")
    assert_sums_are_true(store)


def test_fifty_threads_are_admitted_exactly_ten_times(storage, draw):
    admitted, refused = [], []
    start = threading.Barrier(50)

    def ask(number):
        mine = draw(storage, f"picture {number}")
        lock = storage.lock(mine.key)
        lock.acquire()
        start.wait()
        try:
            mine.reserve("0.10", budgets=[Budget(scope="session", usd=Decimal("1.00"))])
        except BudgetExceededError:
            refused.append(lock)
        else:
            admitted.append(lock)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(admitted), len(refused)) == (10, 40)
    for lock in admitted + refused:
        lock.release()


def test_what_a_dead_process_held_and_never_sent_makes_room_again(opened, draw):
    store = opened()
    budget = [Budget(scope="day", usd=Decimal("0.10"))]
    draw(store, "orphan").reserve("0.10", budgets=budget)  # nobody holds its lock
    draw(store, "next").reserve("0.10", budgets=budget)
    third = draw(store, "third")
    with store.lock(third.key):
        store.ledger.mark_sent(third.reserve("0.10", budgets=budget).id)
        with pytest.raises(BudgetExceededError):
            draw(store, "fourth").reserve("0.10", budgets=budget)
