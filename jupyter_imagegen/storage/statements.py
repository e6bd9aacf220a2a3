"""Every SQL statement of the store, in the part of SQL that SQLite (3.35 and later) and PostgreSQL share.

Values are named (`:name`), times are ISO 8601 text in UTC with a fixed width, so that they sort as text, and
money is whole nano-dollars. What only SQLite knows (pragmas, its own catalogue) is in `database.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FIND = """
SELECT s.sample, s.digest, s.made_at, s.seconds, s.cost_nano, s.revised_prompt, p.mime, p.width, p.height,
  p.size_bytes
FROM samples s JOIN pictures p ON p.digest = s.digest
WHERE s.key = :key AND p.damaged_at IS NULL
ORDER BY s.sample
"""

PICTURE = "SELECT * FROM pictures WHERE digest = :digest"

#: A charge that brought pictures, whether the index has them or not.
ANY_DRAWN = "SELECT id FROM charges WHERE pictures > 0 LIMIT 1"

ANY_PICTURE = "SELECT digest FROM pictures WHERE damaged_at IS NULL LIMIT 1"

COUNT_PICTURES = "SELECT COUNT(*) AS pictures, COUNT(damaged_at) AS damaged FROM pictures"

#: All rows are read some at a time: memory stays flat, and no writer waits.
PICTURES_WITHIN = """
SELECT digest, mime, damaged_at FROM pictures WHERE digest >= :first AND digest < :after ORDER BY digest
"""

SAMPLES_WITHIN = "SELECT digest, key, sample FROM samples WHERE digest >= :first AND digest < :after"

PICTURES_AFTER = "SELECT digest, mime FROM pictures WHERE digest > :digest ORDER BY digest LIMIT 1000"

SAMPLES_OF_PICTURE = "SELECT key, sample FROM samples WHERE digest = :digest"

KEEP_PICTURE = """
INSERT INTO pictures (digest, mime, width, height, size_bytes, has_alpha, frames)
VALUES (:digest, :mime, :width, :height, :size_bytes, :has_alpha, :frames)
ON CONFLICT (digest) DO UPDATE SET damaged_at = NULL
"""

KEEP_PREVIEW = """
UPDATE pictures SET preview_mime = :mime, preview_width = :width, preview_height = :height,
  preview_digest = :preview_digest
WHERE digest = :digest
"""

MARK_DAMAGED = "UPDATE pictures SET damaged_at = :at WHERE digest = :digest"

MARK_SOUND = "UPDATE pictures SET damaged_at = NULL WHERE digest = :digest RETURNING digest"

KEEP_REQUEST = """
INSERT INTO requests
  (key, namespace, provider, operation, model, prompt, searchable, parameters, inputs, first_made, last_made)
VALUES
  (:key, :namespace, :provider, :operation, :model, :prompt, :searchable, :parameters, :inputs, :made_at,
   :made_at)
ON CONFLICT (key) DO UPDATE SET
  first_made = CASE WHEN excluded.first_made < requests.first_made
    THEN excluded.first_made ELSE requests.first_made END,
  last_made = CASE WHEN excluded.last_made > requests.last_made
    THEN excluded.last_made ELSE requests.last_made END
"""

SAMPLE_BY_ID = "SELECT key, sample, digest FROM samples WHERE id = :id"

SAMPLE_BY_NUMBER = "SELECT id, digest FROM samples WHERE key = :key AND sample = :sample"

NEXT_SAMPLE = "SELECT COALESCE(MAX(sample) + 1, 0) AS sample FROM samples WHERE key = :key"

KEEP_SAMPLE = """
INSERT INTO samples
  (key, sample, id, digest, made_at, seconds, cost_nano, usage, revised_prompt, request_id, notebook, alt,
   charge_id, favourite, maker, searchable)
VALUES
  (:key, :sample, :id, :digest, :made_at, :seconds, :cost_nano, :usage, :revised_prompt, :request_id,
   :notebook, :alt, :charge_id, :favourite, :maker, :searchable)
ON CONFLICT (key, sample) DO UPDATE SET
  id = excluded.id, digest = excluded.digest, made_at = excluded.made_at, seconds = excluded.seconds,
  cost_nano = excluded.cost_nano, usage = excluded.usage, revised_prompt = excluded.revised_prompt,
  request_id = excluded.request_id, notebook = excluded.notebook, alt = excluded.alt,
  charge_id = excluded.charge_id
"""

PRICE_SAMPLE = """
UPDATE samples SET cost_nano = :cost_nano, usage = :usage, request_id = COALESCE(:request_id, request_id)
WHERE key = :key AND sample = :sample
RETURNING id, digest
"""

SET_FAVOURITE = """
UPDATE samples SET favourite = :favourite WHERE key = :key AND sample = :sample RETURNING digest
"""

IS_FAVOURITE = "SELECT 1 AS found FROM samples WHERE key = :key AND sample = :sample AND favourite = 1"

FORGET_SAMPLE = "DELETE FROM samples WHERE key = :key AND sample = :sample RETURNING digest"

FORGET_REQUEST = """
DELETE FROM requests WHERE key = :key AND NOT EXISTS (SELECT 1 FROM samples WHERE key = :key)
"""

FORGET_PICTURE = """
DELETE FROM pictures WHERE digest = :digest AND NOT EXISTS (SELECT 1 FROM samples WHERE digest = :digest)
RETURNING mime
"""

_CHOSEN = {
    "key": "s.key = :key",
    "pattern": "s.searchable LIKE :pattern ESCAPE '\\'",
    "until": "s.made_at < :until",
    "worded": "(s.alt <> '' OR s.revised_prompt IS NOT NULL) AND (s.key, s.sample) > (:key, :sample)",
}


def chosen(by: str) -> str:
    """Pictures that are to be forgotten, by one of `_CHOSEN`, damaged ones too; `worded` by the thousand."""
    limit = "LIMIT 1000" if by == "worded" else ""
    return f"""
SELECT s.key, s.sample, s.digest, s.cost_nano, s.alt, s.revised_prompt, p.size_bytes
FROM samples s JOIN pictures p ON p.digest = s.digest WHERE {_CHOSEN[by]} ORDER BY s.key, s.sample {limit}
"""  # noqa: S608 -- of ours


COMPOSITES = "SELECT * FROM requests WHERE namespace = 'composite'"

REQUEST = "SELECT * FROM requests WHERE key = :key"

SAMPLE_OF_RECIPE = """
SELECT 1 AS found FROM samples
WHERE digest = :digest AND key >= :first AND key < :after AND sample = :sample
"""

#: What others wrote, such as the reason of a refusal, may quote a prompt.
CHARGES_WITH_REASONS = """
SELECT id, reason, failure FROM charges WHERE reason IS NOT NULL OR failure IS NOT NULL
"""

CHARGES_OF_KEYS = """
SELECT id, key, reason, failure FROM charges
WHERE key >= :first AND key < :after AND (reason IS NOT NULL OR failure IS NOT NULL OR notebook IS NOT NULL)
"""

CHARGES_BEFORE = """
SELECT id FROM charges
WHERE reserved_at < :before AND (reason IS NOT NULL OR failure IS NOT NULL OR notebook IS NOT NULL)
"""

CHARGES_FROM = "SELECT id FROM charges WHERE notebook = :notebook"

NOTEBOOKS_OF_CHARGES = "SELECT DISTINCT notebook FROM charges WHERE notebook IS NOT NULL"

SILENCE_CHARGE = "UPDATE charges SET reason = NULL, failure = NULL, notebook = NULL WHERE id = :id"

#: What pages can be narrowed by. What is asked goes into the statement and what is not stays out: a condition
#: such as `:maker IS NULL OR …` would keep every index from being used.
_NARROWED = {
    "maker": "s.maker = :maker",
    "notebook": "s.notebook = :notebook",
    "favourite": "s.favourite = :favourite",
    "since": "s.made_at >= :since",
    "until": "s.made_at < :until",
    "cost_nano": "s.cost_nano >= :cost_nano",
    # LIKE, not SQLite's full-text search: that is not in every SQLite, not in PostgreSQL, and does not find
    # what stands inside a word or is shorter than three letters.
    "pattern": "s.searchable LIKE :pattern ESCAPE '\\'",
}

_SHOWN = """
SELECT s.key, s.sample, s.id, s.digest, s.made_at, s.seconds, s.cost_nano, s.usage, s.revised_prompt,
  s.notebook, s.alt, s.favourite, r.provider, r.operation, r.model, r.prompt, r.parameters, r.inputs, p.mime,
  p.width, p.height, p.size_bytes
FROM samples s CROSS JOIN requests r CROSS JOIN pictures p
WHERE r.key = s.key AND p.digest = s.digest AND p.damaged_at IS NULL AND """

SHOWN = f"{_SHOWN}s.key = :key AND s.sample = :sample"


def page(narrowed: Iterable[str]) -> str:
    """Pictures before a moment, newest first, narrowed by some of `_NARROWED`.

    Joined with CROSS JOIN: SQLite keeps that order, so it walks an index of samples and stops at the limit.
    """
    conditions = ("(s.made_at, s.id) < (:made, :id)", *(_NARROWED[name] for name in narrowed))
    return f"{_SHOWN}{' AND '.join(conditions)} ORDER BY s.made_at DESC, s.id DESC LIMIT :limit"


#: Without a condition SQLite counts an index's pages: 0.01 ms for 10,000 rows, where a limit takes 0.3 ms.
COUNT_SAMPLES = "SELECT COUNT(*) AS pictures FROM samples"


def count_newer(narrowed: Iterable[str]) -> str:
    """How many pictures came after a moment, up to a limit."""
    conditions = ("(s.made_at, s.id) > (:made, :id)", *(_NARROWED[name] for name in narrowed))
    found = f"SELECT 1 AS found FROM samples s WHERE {' AND '.join(conditions)} LIMIT :limit"  # noqa: S608 -- of ours
    return f"SELECT COUNT(*) AS pictures FROM ({found}) newer"  # noqa: S608 -- of ours


_DISTINCT = """
WITH RECURSIVE found (name) AS (
  SELECT MIN({column}) FROM samples
  UNION ALL
  SELECT (SELECT MIN({column}) FROM samples WHERE {column} > found.name)
  FROM found WHERE found.name IS NOT NULL
)
SELECT name FROM found WHERE name IS NOT NULL LIMIT :limit
"""

#: Each name is one step down an index; SELECT DISTINCT would read every row.
MAKERS = _DISTINCT.format(column="maker")

NOTEBOOKS = _DISTINCT.format(column="notebook")

HISTORY = """
SELECT * FROM requests
WHERE searchable LIKE :pattern ESCAPE '\\' AND (last_made < :made OR (last_made = :made AND key < :key))
ORDER BY last_made DESC, key DESC
LIMIT :limit
"""

LATEST = "SELECT * FROM requests ORDER BY last_made DESC, key DESC LIMIT 1"

DRAWN_FOR = """
SELECT r.* FROM requests r JOIN samples s ON s.key = r.key
WHERE s.digest = :digest ORDER BY s.made_at DESC, r.key LIMIT 1
"""

BY_PREFIX = "SELECT * FROM requests WHERE key >= :first AND key < :after ORDER BY key LIMIT 3"

SAMPLES = "SELECT * FROM samples WHERE key = :key ORDER BY sample"

_EXPORTED = "SELECT s.key, s.sample, s.digest, p.mime FROM samples s JOIN pictures p ON p.digest = s.digest"

SAMPLES_AFTER = f"""
{_EXPORTED} WHERE (s.key, s.sample) > (:key, :sample) ORDER BY s.key, s.sample LIMIT :limit
"""

SAMPLES_OF_KEY = f"{_EXPORTED} WHERE s.key = :key ORDER BY s.sample"

NEW_CHARGE = """
INSERT INTO charges
  (id, key, provider, model, endpoint, session, notebook, day, n, state, ceiling_nano, reserved_at)
VALUES
  (:id, :key, :provider, :model, :endpoint, :session, :notebook, :day, :n, 'reserved', :ceiling_nano, :at)
"""

FOUND_CHARGE = """
INSERT INTO charges
  (id, key, provider, model, endpoint, session, notebook, day, n, state, reason, reserved_at, closed_at)
VALUES (:id, :key, :provider, :model, :endpoint, :session, :notebook, :day, 0, 'settled', :reason, :at, :at)
ON CONFLICT (id) DO NOTHING
"""

CHARGE = "SELECT * FROM charges WHERE id = :id"

CHARGES_AFTER = "SELECT * FROM charges WHERE id > :id ORDER BY id LIMIT 1000"

PUT_CHARGE = """
INSERT INTO charges
  (id, key, provider, model, endpoint, session, notebook, day, n, state, ceiling_nano, cost_nano, usage,
   pictures, request_id, reason, attempts, reserved_at, sent_at, closed_at, failure)
VALUES
  (:id, :key, :provider, :model, :endpoint, :session, :notebook, :day, :n, :state, :ceiling_nano, :cost_nano,
   :usage, :pictures, :request_id, :reason, :attempts, :reserved_at, :sent_at, :closed_at, :failure)
ON CONFLICT (id) DO UPDATE SET
  key = excluded.key, provider = excluded.provider, model = excluded.model, endpoint = excluded.endpoint,
  session = excluded.session, notebook = excluded.notebook, day = excluded.day, n = excluded.n,
  state = excluded.state, ceiling_nano = excluded.ceiling_nano, cost_nano = excluded.cost_nano,
  usage = excluded.usage, pictures = excluded.pictures, request_id = excluded.request_id,
  reason = excluded.reason, attempts = excluded.attempts, reserved_at = excluded.reserved_at,
  sent_at = excluded.sent_at, closed_at = excluded.closed_at, failure = excluded.failure
"""

UNSETTLED_CHARGES = """
SELECT * FROM charges WHERE cost_nano IS NULL AND state <> 'released' ORDER BY reserved_at, id
"""

CHARGES_BY_PREFIX = "SELECT * FROM charges WHERE id >= :first AND id < :after ORDER BY id LIMIT 2"

SAMPLES_OF_CHARGE = """
SELECT sample, usage, cost_nano FROM samples WHERE key = :key AND charge_id = :charge_id ORDER BY sample
"""

OPEN_CHARGES = "SELECT id, key FROM charges WHERE state IN ('reserved', 'sent') ORDER BY key, reserved_at"

CHANGE_CHARGE = """
UPDATE charges SET state = :state, n = :n, cost_nano = :cost_nano, usage = :usage, pictures = :pictures,
  request_id = :request_id, reason = :reason, attempts = :attempts, sent_at = :sent_at, closed_at = :closed_at
WHERE id = :id
"""

COUNT = """
INSERT INTO spending
  (day, session, provider, model, cost_nano, held_nano, held_calls, unpriced, unbounded, calls, pictures,
   hits, saved_nano)
VALUES
  (:day, :session, :provider, :model, :cost_nano, :held_nano, :held_calls, :unpriced, :unbounded, :calls,
   :pictures, :hits, :saved_nano)
ON CONFLICT (day, session, provider, model) DO UPDATE SET
  cost_nano = spending.cost_nano + excluded.cost_nano, held_nano = spending.held_nano + excluded.held_nano,
  held_calls = spending.held_calls + excluded.held_calls,
  unpriced = spending.unpriced + excluded.unpriced, unbounded = spending.unbounded + excluded.unbounded,
  calls = spending.calls + excluded.calls,
  pictures = spending.pictures + excluded.pictures, hits = spending.hits + excluded.hits,
  saved_nano = spending.saved_nano + excluded.saved_nano
"""

_HITS = "SELECT day, session, provider, model, hits, saved_nano FROM spending WHERE "

ALL_HITS = f"{_HITS}hits > 0 OR saved_nano > 0"

HITS = f"{_HITS}day = :day AND session = :session AND provider = :provider AND model = :model"

#: They only grow, so of two lines that were written out of order the higher is the later.
PUT_HITS = """
INSERT INTO spending (day, session, provider, model, hits, saved_nano)
VALUES (:day, :session, :provider, :model, :hits, :saved_nano)
ON CONFLICT (day, session, provider, model) DO UPDATE SET
  hits = excluded.hits, saved_nano = excluded.saved_nano
  WHERE excluded.hits >= spending.hits
"""

_SUMS = """
SELECT {label} COALESCE(SUM(cost_nano), 0) AS cost_nano, COALESCE(SUM(held_nano), 0) AS held_nano,
  COALESCE(SUM(held_calls), 0) AS held_calls, COALESCE(SUM(unpriced), 0) AS unpriced,
  COALESCE(SUM(unbounded), 0) AS unbounded, COALESCE(SUM(calls), 0) AS calls,
  COALESCE(SUM(pictures), 0) AS pictures, COALESCE(SUM(hits), 0) AS hits,
  COALESCE(SUM(saved_nano), 0) AS saved_nano
FROM spending WHERE {where} {group}
"""

_WHERE = {
    "session": "session = :session",
    "day": "day = :day",
    "month": "day >= :month_first AND day <= :month_last",
    "total": "1 = 1",
}

#: What was spent within a scope.
SPENT = {scope: _SUMS.format(label="", where=where, group="") for scope, where in _WHERE.items()}

#: The same, one row for each model; demo pictures are no model's.
_MODEL = "CASE WHEN provider = 'demo' THEN provider ELSE model END"
SPENT_BY_MODEL = {
    scope: _SUMS.format(
        label=f"{_MODEL} AS model,", where=where, group=f"GROUP BY {_MODEL} ORDER BY {_MODEL}"
    )
    for scope, where in _WHERE.items()
}

#: The same, one row for each local date with something on it.
SPENT_BY_DAY = _SUMS.format(
    label="day,", where="day >= :first AND day <= :last", group="GROUP BY day ORDER BY day"
)

SET_BUDGET = """
INSERT INTO budgets (scope, session, nano) VALUES (:scope, :session, :nano)
ON CONFLICT (scope, session) DO UPDATE SET nano = excluded.nano
"""

DROP_BUDGET = "DELETE FROM budgets WHERE scope = :scope AND session = :session"

BUDGETS = "SELECT scope, nano FROM budgets WHERE session = '' OR session = :session"

ALL_BUDGETS = "SELECT scope, session, nano FROM budgets ORDER BY scope, session"

DROP_BUDGETS = "DELETE FROM budgets"

LOSE_BUDGETS = """
INSERT INTO ledger_state (name, value) VALUES ('budgets_unknown', :why) ON CONFLICT (name) DO NOTHING
"""

KNOW_BUDGETS = "DELETE FROM ledger_state WHERE name = 'budgets_unknown'"

#: A session's budget is a decision for that session only.
BUDGETS_LOST = """
SELECT value FROM ledger_state WHERE name = 'budgets_unknown'
  AND NOT EXISTS (SELECT 1 FROM budgets WHERE scope = 'session' AND session = :session)
"""

ZONE = "SELECT name, value FROM ledger_state WHERE name IN ('zone', 'next_zone', 'next_zone_from')"

STATE = "SELECT value FROM ledger_state WHERE name = :name"

DROP_STATE = "DELETE FROM ledger_state WHERE name = :name"

SET_STATE = """
INSERT INTO ledger_state (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""

DROP_NEXT_ZONE = "DELETE FROM ledger_state WHERE name IN ('next_zone', 'next_zone_from')"

ANY_SPENDING = "SELECT day FROM spending LIMIT 1"

SCHEMA_VERSION = "SELECT MAX(version) AS version FROM schema_version"

CREATE_SCHEMA_VERSION = """
CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)
"""

RECORD_SCHEMA_VERSION = "INSERT INTO schema_version (version, name) VALUES (:version, :name)"

REMEMBER_FAILURE = "UPDATE charges SET failure = :failure WHERE id = :id"

FAILURES = """
SELECT id, state, failure FROM charges WHERE key = :key AND failure IS NOT NULL ORDER BY closed_at, id
"""
