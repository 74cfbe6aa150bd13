-- Wrong guesses of a password are counted beside the buckets: how long somebody waits grows with their number.
-- Of such a row, full_at is when it is forgotten: a fixed time after the next guess is looked at.
ALTER TABLE platform.rate_limits ADD COLUMN failures smallint NOT NULL DEFAULT 0;
