-- Every call that could cost money, from before it was sent. Money is in nano-dollars.
CREATE TABLE charges (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    session TEXT NOT NULL,
    notebook TEXT,
    day TEXT NOT NULL,
    n INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'sent', 'settled', 'released', 'possibly_billed')),
    ceiling_nano BIGINT,
    cost_nano BIGINT,
    usage TEXT,
    pictures INTEGER NOT NULL DEFAULT 0,
    request_id TEXT,
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    reserved_at TEXT NOT NULL,
    sent_at TEXT,
    closed_at TEXT
);

CREATE INDEX open_charges ON charges (key) WHERE state IN ('reserved', 'sent');

CREATE INDEX charges_by_key ON charges (key, closed_at);

-- The sums of charges, kept in the same transaction: a budget check must not read a million charges.
CREATE TABLE spending (
    day TEXT NOT NULL,
    session TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    cost_nano BIGINT NOT NULL DEFAULT 0,
    held_nano BIGINT NOT NULL DEFAULT 0,
    unpriced INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    pictures INTEGER NOT NULL DEFAULT 0,
    hits INTEGER NOT NULL DEFAULT 0,
    saved_nano BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (day, session, provider, model)
);

CREATE INDEX spending_by_session ON spending (session);

-- A session's budget names its session; the others have ''.
CREATE TABLE budgets (
    scope TEXT NOT NULL,
    session TEXT NOT NULL,
    nano BIGINT NOT NULL,
    PRIMARY KEY (scope, session)
);
