-- One row for each file of bytes. The preview's digest is there so that a bad preview is never shown.
CREATE TABLE pictures (
    digest TEXT PRIMARY KEY,
    mime TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    size_bytes BIGINT NOT NULL,
    has_alpha INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    preview_mime TEXT,
    preview_width INTEGER,
    preview_height INTEGER,
    preview_digest TEXT,
    damaged_at TEXT
);

-- What was asked, without n. `searchable` is the prompt folded by Python: SQL's lower() differs between databases.
CREATE TABLE requests (
    key TEXT PRIMARY KEY,
    namespace TEXT,
    provider TEXT NOT NULL,
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    searchable TEXT NOT NULL,
    parameters TEXT NOT NULL,
    inputs TEXT NOT NULL,
    first_made TEXT NOT NULL,
    last_made TEXT NOT NULL
);

CREATE INDEX requests_by_time ON requests (last_made, key);

-- One row for each drawing of a request. `id` is the recipe's own, so that a recipe enters once only.
CREATE TABLE samples (
    key TEXT NOT NULL REFERENCES requests (key),
    sample INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL REFERENCES pictures (digest),
    made_at TEXT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    cost_nano BIGINT,
    usage TEXT,
    revised_prompt TEXT,
    request_id TEXT,
    notebook TEXT,
    alt TEXT NOT NULL,
    charge_id TEXT,
    PRIMARY KEY (key, sample)
);

CREATE INDEX samples_by_digest ON samples (digest);
