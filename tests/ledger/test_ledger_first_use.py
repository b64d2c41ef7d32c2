"""Several runs that find a new ledger at once all end up with the same one."""

from concurrent.futures import ThreadPoolExecutor

from dfe_returns.ledger import open_ledger


def test_a_new_ledger_opened_by_several_at_once(place):
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: open_ledger(place, key=b"k" * 32), range(6)))
    assert {len(ledger.states()) for ledger in opened} == {0}
    assert all(len(ledger.verify()) == 0 for ledger in opened)
    for ledger in opened:
        ledger.close()
