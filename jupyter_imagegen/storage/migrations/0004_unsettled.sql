-- How a call failed, as JSON, for whoever waits for the same picture in another process.
ALTER TABLE charges ADD COLUMN failure TEXT;

-- Calls whose cost is not known: under way, possibly billed, or answered without usage.
CREATE INDEX unsettled_charges ON charges (day, session, provider, model)
    WHERE cost_nano IS NULL AND state <> 'released';

-- How many calls held_nano is for, and how many calls of unknown cost have no ceiling that could be held.
ALTER TABLE spending ADD COLUMN held_calls INTEGER NOT NULL DEFAULT 0;

ALTER TABLE spending ADD COLUMN unbounded INTEGER NOT NULL DEFAULT 0;

UPDATE spending SET
    held_calls = (
        SELECT COUNT(*) FROM charges
        WHERE cost_nano IS NULL AND state <> 'released' AND charges.day = spending.day
            AND charges.session = spending.session AND charges.provider = spending.provider
            AND charges.model = spending.model AND ceiling_nano > 0
    ),
    unbounded = (
        SELECT COUNT(*) FROM charges
        WHERE cost_nano IS NULL AND state <> 'released' AND charges.day = spending.day
            AND charges.session = spending.session AND charges.provider = spending.provider
            AND charges.model = spending.model AND ceiling_nano IS NULL
    );
