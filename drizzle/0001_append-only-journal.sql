-- The journal is append-only. A migration that rebuilds `events` drops these triggers with it: create them again.

-- Rows follow each other without a gap, each linked to the one before. Also keeps INSERT OR REPLACE from replacing one.
CREATE TRIGGER events_append BEFORE INSERT ON events
WHEN NEW.seq IS NOT 1 + coalesce((SELECT max(seq) FROM events), (SELECT max(seq) FROM journal_retention), 0)
  OR EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN
  SELECT raise(ABORT, 'the journal only grows at its end');
END;
--> statement-breakpoint
-- Erasure only: what is personal may become null, together with its salt.
CREATE TRIGGER events_update BEFORE UPDATE ON events
WHEN NOT (
  NEW.seq IS OLD.seq AND NEW.id IS OLD.id AND NEW.type IS OLD.type AND NEW.outcome IS OLD.outcome
  AND NEW.actor_type IS OLD.actor_type AND NEW.actor_id IS OLD.actor_id AND NEW.impersonator_id IS OLD.impersonator_id
  AND NEW.subject_type IS OLD.subject_type AND NEW.subject_id IS OLD.subject_id AND NEW.user_id IS OLD.user_id
  AND NEW.request_id IS OLD.request_id AND NEW.created_at IS OLD.created_at
  AND NEW.content_digest IS OLD.content_digest AND NEW.origin_digest IS OLD.origin_digest
  AND NEW.prev_hash IS OLD.prev_hash AND NEW.hash IS OLD.hash
  AND ((NEW.payload IS NULL AND NEW.subject_label IS NULL AND NEW.content_salt IS NULL)
    OR (NEW.payload IS OLD.payload AND NEW.subject_label IS OLD.subject_label AND NEW.content_salt IS OLD.content_salt))
  AND ((NEW.ip IS NULL AND NEW.user_agent IS NULL AND NEW.origin_salt IS NULL)
    OR (NEW.ip IS OLD.ip AND NEW.user_agent IS OLD.user_agent AND NEW.origin_salt IS OLD.origin_salt))
)
BEGIN
  SELECT raise(ABORT, 'the journal is append-only');
END;
--> statement-breakpoint
-- Retention only: rows up to the last checkpoint.
CREATE TRIGGER events_delete BEFORE DELETE ON events
WHEN OLD.seq > coalesce((SELECT max(seq) FROM journal_retention), 0)
BEGIN
  SELECT raise(ABORT, 'the journal is append-only');
END;
--> statement-breakpoint
-- A checkpoint names a row that is there, and lies behind the one before.
CREATE TRIGGER journal_retention_append BEFORE INSERT ON journal_retention
WHEN NOT EXISTS (SELECT 1 FROM events WHERE seq = NEW.seq AND hash = NEW.hash)
  OR EXISTS (SELECT 1 FROM journal_retention WHERE seq >= NEW.seq)
BEGIN
  SELECT raise(ABORT, 'a checkpoint has to match a row of the journal');
END;
--> statement-breakpoint
CREATE TRIGGER journal_retention_update BEFORE UPDATE ON journal_retention
BEGIN
  SELECT raise(ABORT, 'checkpoints of the journal stay');
END;
--> statement-breakpoint
CREATE TRIGGER journal_retention_delete BEFORE DELETE ON journal_retention
BEGIN
  SELECT raise(ABORT, 'checkpoints of the journal stay');
END;
